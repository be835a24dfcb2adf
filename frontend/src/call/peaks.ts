// Waveform peaks in slices: a bounded overview of the whole call first, finer slices as the viewer zooms in.

/** Layout (little-endian): "CSPK", version and channel count as uint8, bucket length in ms and bucket count as uint32,
 *  then per channel interleaved minimum and maximum as int8. */
const HEADER_BYTES = 14;

interface Slice {
  readonly start_ms: number;
  readonly end_ms: number;
  readonly bucket_ms: number;
  readonly channels: readonly Int8Array[];
}

export class Peaks {
  private overview: Slice | undefined;
  private detail: Slice | undefined;
  private pending: AbortController | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  onChange: () => void = () => undefined;

  constructor(private readonly url: string, private readonly duration_ms: number) {}

  async open(buckets: number): Promise<void> {
    this.overview = await this.fetchSlice(0, this.duration_ms, buckets);
  }

  /** Asks for what is on screen and half a screen around it, once the viewer has stopped moving. */
  want(start_ms: number, end_ms: number, width_px: number): void {
    const wanted_ms = (end_ms - start_ms) / width_px;
    if (!this.overview || this.overview.bucket_ms <= wanted_ms * 1.1) return;
    const held = this.detail;
    if (held && held.start_ms <= start_ms && held.end_ms >= end_ms && held.bucket_ms <= wanted_ms * 1.5) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refine(start_ms, end_ms, width_px), 90);
  }

  private async refine(start_ms: number, end_ms: number, width_px: number): Promise<void> {
    this.pending?.abort();
    this.pending = new AbortController();
    const margin = (end_ms - start_ms) / 2;
    const from = Math.max(0, start_ms - margin);
    const to = Math.min(this.duration_ms, end_ms + margin);
    const buckets = Math.ceil(((to - from) / (end_ms - start_ms)) * width_px);
    try {
      this.detail = await this.fetchSlice(from, to, buckets, this.pending.signal);
      this.onChange();
    } catch (error) {
      if ((error as Error).name !== "AbortError") throw error;
    }
  }

  private async fetchSlice(start_ms: number, end_ms: number, buckets: number, signal?: AbortSignal): Promise<Slice> {
    const query = `start_ms=${Math.floor(start_ms)}&end_ms=${Math.ceil(end_ms)}&buckets=${Math.min(4000, buckets)}`;
    const separator = this.url.includes("?") ? "&" : "?";
    const response = await fetch(`${this.url}${separator}${query}`, signal ? { signal } : {});
    if (!response.ok) throw new Error(`The waveform could not be read (HTTP ${response.status}).`);
    return decode(await response.arrayBuffer(), Number(response.headers.get("x-start-ms")));
  }

  /** Lowest and highest sample of a channel within a stretch, each −1 … 1; undefined where nothing is loaded. */
  extent(channel: number, start_ms: number, end_ms: number): [number, number] | undefined {
    const slice = [this.detail, this.overview].find((held) => held && held.start_ms <= start_ms && held.end_ms >= end_ms);
    const samples = slice?.channels[channel];
    if (!slice || !samples) return undefined;
    const last = samples.length / 2 - 1;
    const first = Math.floor((start_ms - slice.start_ms) / slice.bucket_ms);
    const end = Math.max(first, Math.ceil((end_ms - slice.start_ms) / slice.bucket_ms) - 1);
    let low = 127;
    let high = -128;
    for (let bucket = Math.max(0, first); bucket <= Math.min(last, end); bucket++) {
      low = Math.min(low, samples[2 * bucket] as number);
      high = Math.max(high, samples[2 * bucket + 1] as number);
    }
    return low > high ? undefined : [low / 127, high / 127];
  }
}

function decode(buffer: ArrayBuffer, start_ms: number): Slice {
  const view = new DataView(buffer);
  if (view.getUint32(0, false) !== 0x4353504b || view.getUint8(4) !== 1) throw new Error("Unknown waveform format.");
  const channelCount = view.getUint8(5);
  const bucket_ms = view.getUint32(6, true);
  const bucketCount = view.getUint32(10, true);
  const channels = Array.from(
    { length: channelCount },
    (_, index) => new Int8Array(buffer, HEADER_BYTES + index * 2 * bucketCount, 2 * bucketCount),
  );
  return { start_ms, end_ms: start_ms + bucket_ms * bucketCount, bucket_ms, channels };
}
