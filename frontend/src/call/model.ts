// What the server tells about a call's timeline, and questions about it that need no drawing.

export type Role = "agent" | "customer";
export type Stretch = readonly [start_ms: number, end_ms: number];

export interface Gap {
  readonly role: Role;
  readonly start_ms: number;
  readonly end_ms: number;
}

export interface Interruption {
  readonly by: Role;
  readonly at_ms: number;
  readonly yielded: boolean;
  readonly stop_latency_ms: number | null;
}

export interface Tool {
  readonly name: string;
  readonly start_ms: number;
  readonly end_ms: number | null;
}

export interface Lane {
  readonly label: string;
  readonly role: Role | null;
  /** Which channel of the recording is drawn; null when there is none for this party. */
  readonly channel: number | null;
}

export interface Timeline {
  readonly duration_ms: number;
  readonly lanes: readonly Lane[];
  readonly speech: Readonly<Record<Role, readonly Stretch[]>>;
  /** Where playback may go on with the next words. */
  readonly silences: readonly Stretch[];
  readonly overlaps: readonly Stretch[];
  readonly gaps: readonly Gap[];
  readonly interruptions: readonly Interruption[];
  readonly tools: readonly Tool[];
}

export type GapSize = "quick" | "fair" | "slow" | "severe";

/** Gaps are sized against the threshold the viewer chose: half of it is quick, twice is severe. */
export function gapSize(length_ms: number, slow_ms: number): GapSize {
  if (length_ms >= 2 * slow_ms) return "severe";
  if (length_ms >= slow_ms) return "slow";
  return length_ms >= slow_ms / 2 ? "fair" : "quick";
}

export function gapLength(gap: Gap): number {
  return gap.end_ms - gap.start_ms;
}

export function slowResponses(timeline: Timeline, slow_ms: number): Gap[] {
  return timeline.gaps.filter((gap) => gap.role === "agent" && gapLength(gap) >= slow_ms);
}

/**
 * The slow response to jump to from `at_ms`. A jump lands `lead_ms` before the gap, so "next" must lie beyond that
 * and "previous" before it. Returns undefined at either end.
 */
export function neighbour(gaps: readonly Gap[], at_ms: number, direction: 1 | -1, lead_ms: number): Gap | undefined {
  const landing = (gap: Gap): number => Math.max(0, gap.start_ms - lead_ms);
  if (direction === 1) return gaps.find((gap) => landing(gap) > at_ms + 1);
  return gaps.findLast((gap) => landing(gap) < at_ms - 1);
}

/** Index of the last item that starts at or before `at_ms`, or -1. `starts` ascends. */
export function lastStartedBy(starts: ArrayLike<number>, at_ms: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] as number) <= at_ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export function isSpeaking(stretches: readonly Stretch[], at_ms: number): boolean {
  const index = lastStartedBy(stretches.map(([start]) => start), at_ms);
  const stretch = stretches[index];
  return stretch !== undefined && at_ms < stretch[1];
}

/** `83200` → `1:23.2`; hours only when there are any. */
export function clock(at_ms: number, decimals = 1): string {
  const scale = 10 ** decimals;
  const total = Math.floor((Math.max(0, at_ms) / 1000) * scale + 1e-6) / scale;
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  const seconds = (total % 60).toFixed(decimals).padStart(decimals ? decimals + 3 : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}

/** `1217` → `1.22 s`, `350` → `350 ms`. */
export function span(length_ms: number): string {
  return length_ms < 1000 ? `${Math.round(length_ms)} ms` : `${(length_ms / 1000).toFixed(length_ms < 10_000 ? 2 : 1)} s`;
}
