// The waits for the agent's answers, split by part: as a strip on the time axis, and as a table.
import { clock, span as lengthWords } from "./model.ts";
import { SPLIT_PARTS, taken, unexplained, type Split, type SentWaterfall } from "./spans.ts";
import type { Viewport } from "./viewport.ts";

const LEAD_MS = 500;

/** Draws what each wait went to, where it did. Waits out of sight have no elements. */
export function drawWaits(strip: HTMLElement, splits: readonly Split[], viewport: Viewport): void {
  const width = strip.clientWidth;
  const toX = (at_ms: number): number => ((at_ms - viewport.start_ms) / viewport.span_ms) * width;
  const pieces: HTMLElement[] = [];
  const add = (kind: string, start: number, end: number): void => {
    const piece = document.createElement("i");
    piece.className = `part-${kind.replaceAll("_", "-")}`;
    piece.style.transform = `translateX(${toX(start)}px)`;
    piece.style.width = `${Math.max(1, toX(end) - toX(start))}px`;
    pieces.push(piece);
  };
  for (const split of splits) {
    const from = split.at_ms - split.heard_ms;
    if (from > viewport.end_ms || split.at_ms < viewport.start_ms) continue;
    if (split.reason !== null) add("untraced", from, split.at_ms);
    for (const [start, end] of unexplained(split)) add("unexplained", start, end);
    for (const [part, start, end] of split.stretches) add(part, start, end);
  }
  strip.replaceChildren(...pieces);
}

/** Fills the table of waits, the parts in columns and as one bar a row. */
export function fillTable(table: HTMLTableElement, { splits, reported_parts }: SentWaterfall): void {
  const longest = Math.max(1, ...splits.map((split) => split.heard_ms));
  const head = table.createTHead().insertRow();
  const titles = ["Answer at", "Heard wait", ...SPLIT_PARTS.map(([, label]) => label), "Unexplained", "Reported", "Split"];
  titles.forEach((title, index) => {
    const cell = head.appendChild(document.createElement("th"));
    cell.scope = "col";
    cell.textContent = title;
    if (index > 0 && index < titles.length - 1) cell.className = "number";
  });
  const body = table.createTBody();
  for (const split of splits) {
    const row = body.insertRow();
    const link = row.insertCell().appendChild(document.createElement("a"));
    link.href = `#t=${(Math.max(0, split.at_ms - split.heard_ms - LEAD_MS) / 1000).toFixed(1)}`;
    link.className = "seek";
    link.textContent = clock(split.at_ms);
    const amounts = [
      split.heard_ms,
      ...SPLIT_PARTS.map(([part]) => taken(split, part, reported_parts)),
      split.unexplained_ms,
      split.reported_ms,
    ];
    for (const amount of amounts) {
      const cell = row.insertCell();
      cell.className = "number";
      cell.textContent = amount === null ? "–" : lengthWords(amount);
    }
    row.insertCell().append(split.reason ?? barOf(split, longest));
  }
}

function barOf(split: Split, longest: number): HTMLElement {
  const bar = document.createElement("span");
  bar.className = "split-line";
  bar.setAttribute("aria-hidden", "true");
  const amounts: [string, number][] = SPLIT_PARTS.map(([part]) => [part, taken(split, part, [part]) ?? 0]);
  for (const [part, amount] of [...amounts, ["unexplained", split.unexplained_ms ?? 0] as [string, number]]) {
    if (amount <= 0) continue;
    const piece = bar.appendChild(document.createElement("i"));
    piece.className = `part-${part.replaceAll("_", "-")}`;
    piece.style.width = `${(amount / longest) * 100}%`;
  }
  return bar;
}
