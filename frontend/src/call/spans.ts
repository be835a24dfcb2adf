// What the server tells about spans, and questions about them that need no drawing.
import { clock, span as lengthWords, type Stretch } from "./model.ts";
import { inTreeOrder } from "./tree.ts";

export type Part = "end_of_turn" | "stt" | "llm" | "tool" | "tts";

/** Spans as they are sent: a column a property, by their start. `part`, `name`, `trace` are places in lists of words. */
export interface SentSpans {
  /** Sixteen hexadecimal digits a span, one after another. */
  readonly ids: string;
  readonly parent: readonly number[];
  readonly trace: readonly number[];
  readonly name: readonly number[];
  readonly part: readonly number[];
  readonly start_us: readonly number[];
  readonly length_us: readonly number[];
  readonly errors: readonly number[];
}

/** Spans as they are drawn: each below the one that caused it. */
export interface Spans {
  readonly count: number;
  /** Where each span stands in the columns as they were sent. */
  readonly place: Int32Array;
  readonly depth: Int32Array;
  readonly start_ms: Float64Array;
  readonly end_ms: Float64Array;
  readonly errors: ReadonlySet<number>;
}

export interface Split {
  readonly at_ms: number;
  readonly heard_ms: number;
  readonly stretches: readonly (readonly [part: Part, start_ms: number, end_ms: number])[];
  readonly unexplained_ms: number | null;
  readonly reported_ms: number | null;
  readonly reason: string | null;
}

export interface SentWaterfall {
  readonly duration_ms?: number;
  readonly note: string;
  readonly spans: SentSpans;
  readonly traces: readonly string[];
  readonly names: readonly string[];
  readonly parts: readonly string[];
  readonly splits: readonly Split[];
  readonly reported_parts: readonly string[];
}

export interface WaterfallDocument {
  readonly sent: SentWaterfall;
  readonly spans: Spans;
}

export const SPLIT_PARTS: readonly (readonly [part: Part, label: string])[] = [
  ["end_of_turn", "End of turn"],
  ["stt", "Transcription"],
  ["llm", "LLM"],
  ["tool", "Tools"],
  ["tts", "TTS"],
];

const ID_DIGITS = 16;
const US_PER_MS = 1000;

/** Brings what was sent into the order it is drawn in. */
export function readWaterfall(sent: SentWaterfall): WaterfallDocument {
  const { parent, start_us, length_us, errors } = sent.spans;
  const { order, depth } = inTreeOrder(parent);
  const failed = new Set(errors);
  return {
    sent,
    spans: {
      count: order.length,
      place: order,
      depth: order.map((place) => depth[place] as number),
      start_ms: Float64Array.from(order, (place) => (start_us[place] as number) / US_PER_MS),
      end_ms: Float64Array.from(order, (place) => ((start_us[place] as number) + (length_us[place] as number)) / US_PER_MS),
      errors: new Set(errors.length ? [...order.keys()].filter((at) => failed.has(order[at] as number)) : []),
    },
  };
}

/** Places of the spans that are at least partly in sight, in their order. */
export function inSight(spans: Spans, start_ms: number, end_ms: number): Int32Array {
  const found = new Int32Array(spans.count);
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

/** The part of the agent that a span tells of, "" where no convention names it. */
export function partOf({ sent, spans }: WaterfallDocument, at: number): string {
  return sent.parts[sent.spans.part[spans.place[at] as number] as number] as string;
}

/** Where a span is read whole. */
export function addressOf({ sent, spans }: WaterfallDocument, at: number): string {
  const place = spans.place[at] as number;
  const id = sent.spans.ids.slice(place * ID_DIGITS, (place + 1) * ID_DIGITS);
  return `/traces/${sent.traces[sent.spans.trace[place] as number]}/spans/${id}`;
}

/** A span as it is labelled: its name and how long it took. */
export function label({ sent, spans }: WaterfallDocument, at: number): string {
  const name = sent.names[sent.spans.name[spans.place[at] as number] as number];
  return `${name} ${lengthWords((spans.end_ms[at] as number) - (spans.start_ms[at] as number))}`;
}

/** A span as a screen reader says it: its label first, as it is seen. */
export function describe(document: WaterfallDocument, at: number): string {
  const { spans } = document;
  const part = partOf(document, at);
  const named = part ? `, ${part.replaceAll("_", " ")}` : "";
  return `${label(document, at)}${named}, at ${clock(spans.start_ms[at] as number)}${spans.errors.has(at) ? ", error" : ""}`;
}
