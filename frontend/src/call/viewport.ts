// The stretch of the call that is on screen, and the arithmetic between milliseconds and pixels.

const SHORTEST_MS = 1000;

export class Viewport {
  start_ms = 0;
  end_ms: number;
  width_px = 1;
  readonly duration_ms: number;

  constructor(duration_ms: number) {
    this.duration_ms = duration_ms;
    this.end_ms = duration_ms;
  }

  get span_ms(): number {
    return this.end_ms - this.start_ms;
  }

  get isWhole(): boolean {
    return this.start_ms <= 0 && this.end_ms >= this.duration_ms;
  }

  toX(at_ms: number): number {
    return ((at_ms - this.start_ms) / this.span_ms) * this.width_px;
  }

  toMs(x_px: number): number {
    return this.start_ms + (x_px / this.width_px) * this.span_ms;
  }

  show(start_ms: number, span_ms: number): void {
    const span = Math.min(Math.max(span_ms, SHORTEST_MS), this.duration_ms);
    this.start_ms = Math.min(Math.max(0, start_ms), this.duration_ms - span);
    this.end_ms = this.start_ms + span;
  }

  /** Zooms in (`factor` > 1) or out, keeping `anchor_ms` where it is on screen. */
  zoom(factor: number, anchor_ms: number): void {
    const share = (anchor_ms - this.start_ms) / this.span_ms;
    const span = Math.min(Math.max(this.span_ms / factor, SHORTEST_MS), this.duration_ms);
    this.show(anchor_ms - share * span, span);
  }

  pan(by_ms: number): void {
    this.show(this.start_ms + by_ms, this.span_ms);
  }

  fit(): void {
    this.show(0, this.duration_ms);
  }

  /** Turns the page so that `at_ms` is visible, near the left so that what comes next is too. */
  reveal(at_ms: number): boolean {
    if (at_ms >= this.start_ms && at_ms <= this.end_ms) return false;
    this.show(at_ms - this.span_ms * 0.1, this.span_ms);
    return true;
  }
}

const TICK_STEPS_MS = [
  100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000,
  3_600_000,
];

/** The distance between labelled ticks that keeps them at least `apart_px` from each other. */
export function tickStep(viewport: Pick<Viewport, "width_px" | "span_ms">, apart_px: number): number {
  const wanted_ms = (apart_px / viewport.width_px) * viewport.span_ms;
  return TICK_STEPS_MS.find((step) => step >= wanted_ms) ?? 7_200_000;
}
