// What the server tells about spans, and questions about them that need no drawing.
import { clock, lastStartedBy, span as lengthWords } from "./model.ts";

/** Spans as they are sent: a column a property, each span below the one that caused it. `part`, `name`, `trace` are places in lists of words. */
export interface SentWaterfall {
  readonly duration_ms?: number;
  readonly note: string;
  readonly spans: {
    /** Sixteen hexadecimal digits a span, one after another. */
    readonly ids: string;
    readonly depth: readonly number[];
    readonly trace: readonly number[];
    readonly name: readonly number[];
    readonly part: readonly number[];
    readonly start_us: readonly number[];
    readonly length_us: readonly number[];
    readonly errors: readonly number[];
  };
  readonly traces: readonly string[];
  readonly names: readonly string[];
  readonly parts: readonly string[];
}

const ID_DIGITS = 16;
const US_PER_MS = 1000;

/** Spans as they are drawn, each named by its place. */
export class Spans {
  private readonly sent: SentWaterfall;
  readonly start_ms: Float64Array;
  readonly end_ms: Float64Array;
  readonly depth: readonly number[];
  readonly errors: ReadonlySet<number>;

  constructor(sent: SentWaterfall) {
    const { start_us, length_us, depth, errors } = sent.spans;
    this.sent = sent;
    this.start_ms = Float64Array.from(start_us, (start) => start / US_PER_MS);
    this.end_ms = Float64Array.from(start_us, (start, at) => (start + (length_us[at] as number)) / US_PER_MS);
    this.depth = depth;
    this.errors = new Set(errors);
  }

  /** Places of the spans that are at least partly in sight, in their order. */
  inSight(start_ms: number, end_ms: number): Int32Array {
    const found = new Int32Array(this.start_ms.length);
    let count = 0;
    for (let at = 0; at < found.length; at += 1) {
      if ((this.start_ms[at] as number) <= end_ms && (this.end_ms[at] as number) >= start_ms) found[count++] = at;
    }
    return found.subarray(0, count);
  }

  /** The part of the agent that a span tells of, "" where no convention names it. */
  partOf(at: number): string {
    return this.sent.parts[this.sent.spans.part[at] as number] as string;
  }

  /** Where a span is read whole. */
  addressOf(at: number): string {
    const id = this.sent.spans.ids.slice(at * ID_DIGITS, (at + 1) * ID_DIGITS);
    return `/traces/${this.sent.traces[this.sent.spans.trace[at] as number]}/spans/${id}`;
  }

  /** A span as it is labelled: its name and how long it took. */
  label(at: number): string {
    const name = this.sent.names[this.sent.spans.name[at] as number];
    return `${name} ${lengthWords((this.end_ms[at] as number) - (this.start_ms[at] as number))}`;
  }

  /** A span as a screen reader says it: its label first, as it is seen. */
  describe(at: number): string {
    const part = this.partOf(at);
    const named = part ? `, ${part.replaceAll("_", " ")}` : "";
    return `${this.label(at)}${named}, at ${clock(this.start_ms[at] as number)}${this.errors.has(at) ? ", error" : ""}`;
  }
}

/** Where the span at place `wanted` stands among those in sight, or the one after it; `rows` ascend. */
export function rowOf(rows: Int32Array, wanted: number): number {
  return lastStartedBy(rows, wanted - 1) + 1;
}
