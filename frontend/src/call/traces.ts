// Brings a waterfall to life: reads its spans, draws them on an axis, and tells what there is to tell.
import { drawRuler } from "./ruler.ts";
import { readWaterfall, SPLIT_PARTS, type SentWaterfall } from "./spans.ts";
import type { Viewport } from "./viewport.ts";
import { drawWaits, fillTable } from "./waits.ts";
import { Waterfall } from "./waterfall.ts";

const OTHER_KINDS: readonly (readonly [kind: string, label: string])[] = [
  ["user_turn", "user's turn"],
  ["agent_turn", "agent's turn"],
  ["user_speech", "customer speaks"],
  ["agent_speech", "agent speaks"],
  ["transport", "transport"],
  ["call", "call"],
  ["", "other"],
];

/** The axis spans are drawn on, and the player whose position it shows, if there is one. */
export interface Axis {
  /** The stretch in sight; a trace that is shown by itself brings its own length. */
  viewport(duration_ms: number): Viewport;
  /** Calls back whenever the stretch in sight has changed. */
  onChange(redraw: () => void): void;
  readonly player: { readonly position_ms: number; seek(at_ms: number): void; addEventListener(name: string, act: () => void): void } | null;
}

function find<E extends Element>(root: ParentNode, selector: string): E {
  const element = root.querySelector<E>(selector);
  if (!element) throw new Error(`The page lacks ${selector}.`);
  return element;
}

export async function startTraces(root: HTMLElement, axis: Axis): Promise<void> {
  const note = find<HTMLElement>(root, "[data-waterfall-note]");
  const response = await fetch(root.dataset["source"] ?? "");
  if (!response.ok) {
    note.textContent = `The spans could not be read (HTTP ${response.status}).`;
    return;
  }
  const content = (await response.json()) as SentWaterfall;
  note.textContent = content.note;
  note.hidden = content.note === "";
  if (content.spans.parent.length > 0) show(root, content, axis);
  root.dataset["ready"] = "";
}

function show(root: HTMLElement, content: SentWaterfall, axis: Axis): void {
  find<HTMLElement>(root, "[data-waterfall-body]").hidden = false;
  const viewport = axis.viewport(content.duration_ms ?? 0);
  const { player } = axis;
  const waterfall = new Waterfall(
    {
      track: find(root, "[data-span-track]"),
      list: find(root, "[data-span-list]"),
      space: find(root, "[data-span-space]"),
      detail: find(root, "[data-span-detail]"),
      playhead: find(root, "[data-span-playhead]"),
    },
    readWaterfall(content),
    viewport,
    player ? (at_ms) => player.seek(at_ms) : null,
  );
  const strip = find<HTMLElement>(root, "[data-waits]");
  const hasWaits = content.splits.length > 0;
  strip.hidden = find<HTMLElement>(root, "[data-waits-label]").hidden = !hasWaits;
  const ruler = root.querySelector<HTMLElement>("[data-span-ruler]");
  const redraw = (): void => {
    waterfall.redraw();
    if (ruler) drawRuler(ruler, viewport);
    if (hasWaits) drawWaits(strip, content.splits, viewport);
    if (player) waterfall.showPosition(player.position_ms);
  };
  axis.onChange(redraw);
  new ResizeObserver(redraw).observe(find(root, "[data-span-track]"));
  player?.addEventListener("position", () => waterfall.showPosition(player.position_ms));
  player?.addEventListener("seek", () => waterfall.reveal(player.position_ms));
  const nextError = root.closest("section")?.querySelector<HTMLElement>("[data-next-error]");
  if (nextError && waterfall.hasErrors) {
    nextError.hidden = false;
    nextError.addEventListener("click", () => waterfall.chooseNextError());
  }
  fillLegend(find(root, "[data-span-legend]"), content);
  if (hasWaits) {
    fillTable(find(root, "[data-split-table]"), content);
    find<HTMLElement>(root, "[data-split-details]").hidden = false;
  }
}

function fillLegend(legend: HTMLElement, content: SentWaterfall): void {
  const used = new Set(content.parts);
  const shown = [...SPLIT_PARTS, ...OTHER_KINDS].filter(([kind]) => used.has(kind));
  const entries = shown.map(([kind, label]) => [kind || "other", label.toLowerCase().replace(/\b(llm|tts)\b/g, (word) => word.toUpperCase())] as const);
  if (content.splits.length) entries.push(["unexplained", "unexplained wait"]);
  for (const [kind, label] of entries) {
    const entry = legend.appendChild(document.createElement("span"));
    entry.appendChild(document.createElement("i")).className = `swatch part-${kind.replaceAll("_", "-")}`;
    entry.append(label);
  }
}
