// What the server tells about spans, and questions about them that need no drawing.
import { clock, span as lengthWords, type Stretch } from "./model.ts";

export type Part = "end_of_turn" | "stt" | "llm" | "tool" | "tts";

/** One column a property; `name`, `service` and `trace` are places in the lists of words beside it. */
export interface SpanColumns {
  readonly trace: readonly number[];
  readonly id: readonly string[];
  readonly name: readonly number[];
  readonly service: readonly number[];
  readonly part: readonly string[];
  readonly depth: readonly number[];
  readonly start_ms: readonly number[];
  readonly end_ms: readonly number[];
  readonly errors: readonly number[];
}

export interface Split {
  readonly at_ms: number;
  readonly heard_ms: number;
  readonly stretches: readonly (readonly [part: Part, start_ms: number, end_ms: number])[];
  readonly unexplained_ms: number | null;
  readonly reported_ms: number | null;
  readonly reason: string | null;
}

export interface WaterfallDocument {
  readonly duration_ms?: number;
  readonly note: string;
  readonly spans: SpanColumns;
  readonly traces: readonly string[];
  readonly names: readonly string[];
  readonly services: readonly string[];
  readonly splits: readonly Split[];
  readonly reported_parts: readonly string[];
}

export const SPLIT_PARTS: readonly (readonly [part: Part, label: string])[] = [
  ["end_of_turn", "End of turn"],
  ["stt", "Transcription"],
  ["llm", "LLM"],
  ["tool", "Tools"],
  ["tts", "TTS"],
];

/** Places of the spans that are at least partly in sight, in their order. */
export function inSight(spans: SpanColumns, start_ms: number, end_ms: number): Int32Array {
  const found = new Int32Array(spans.id.length);
  let count = 0;
  for (let at = 0; at < found.length; at += 1) {
    if ((spans.start_ms[at] as number) <= end_ms && (spans.end_ms[at] as number) >= start_ms) found[count++] = at;
  }
  return found.subarray(0, count);
}

/** Where the span at place `wanted` stands among those in sight, or the one after it; `rows` ascend. */
export function rowOf(rows: Int32Array, wanted: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The stretches of a wait that no part accounts for. */
export function unexplained(split: Split): Stretch[] {
  if (split.reason !== null) return [];
  const found: Stretch[] = [];
  let reached = split.at_ms - split.heard_ms;
  for (const [, start, end] of split.stretches) {
    if (start > reached) found.push([reached, start]);
    reached = end;
  }
  if (reached < split.at_ms) found.push([reached, split.at_ms]);
  return found;
}

/** How long a part was waited for; null where nothing is split or the traces never name the part. */
export function taken(split: Split, part: Part, reported: readonly string[]): number | null {
  if (split.reason !== null || !reported.includes(part)) return null;
  return split.stretches.reduce((sum, [one, start, end]) => (one === part ? sum + end - start : sum), 0);
}

/** A span as it is labelled: its name and how long it took. */
export function label({ spans, names }: WaterfallDocument, at: number): string {
  return `${names[spans.name[at] as number]} ${lengthWords((spans.end_ms[at] as number) - (spans.start_ms[at] as number))}`;
}

/** A span as a screen reader says it: its label first, as it is seen. */
export function describe(document: WaterfallDocument, at: number, isError: boolean): string {
  const { spans } = document;
  const part = spans.part[at] ? `, ${(spans.part[at] as string).replaceAll("_", " ")}` : "";
  return `${label(document, at)}${part}, at ${clock(spans.start_ms[at] as number)}${isError ? ", error" : ""}`;
}
