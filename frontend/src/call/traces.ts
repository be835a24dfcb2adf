// Brings a waterfall to life: reads its spans, draws them on an axis, and tells what there is to tell.
import { find } from "./find.ts";
import { Spans, type SentWaterfall } from "./spans.ts";
import type { Viewport } from "./viewport.ts";
import { Waterfall } from "./waterfall.ts";

const WAITS_PX = 18;

/** The axis spans are drawn on, and the player whose position it shows, if there is one. */
export interface Axis {
  /** The stretch in sight; a trace that is shown by itself brings its own length. */
  viewport(duration_ms: number): Viewport;
  /** Calls back whenever the stretch in sight has changed. */
  onChange(redraw: () => void): void;
  readonly player: { readonly position_ms: number; seek(at_ms: number): void; addEventListener(name: string, act: () => void): void } | null;
}

/** Returns what was drawn, null where there are no spans to draw. */
export async function startTraces(root: HTMLElement, axis: Axis): Promise<Waterfall | null> {
  const note = find<HTMLElement>("[data-waterfall-note]", root);
  const response = await fetch(root.dataset["source"] ?? "");
  if (!response.ok) {
    note.textContent = `The spans could not be read (HTTP ${response.status}).`;
    return null;
  }
  const content = (await response.json()) as SentWaterfall;
  note.textContent = content.note;
  note.hidden = content.note === "";
  const waterfall = content.spans.depth.length > 0 ? show(root, content, axis) : null;
  root.dataset["ready"] = "";
  return waterfall;
}

function show(root: HTMLElement, content: SentWaterfall, axis: Axis): Waterfall {
  find<HTMLElement>("[data-waterfall-body]", root).hidden = false;
  const viewport = axis.viewport(content.duration_ms ?? 0);
  const { player } = axis;
  const waterfall = new Waterfall(
    {
      list: find("[data-span-list]", root),
      space: find("[data-span-space]", root),
      detail: find("[data-span-detail]", root),
      playhead: find("[data-span-playhead]", root),
    },
    new Spans(content),
    viewport,
    player ? (at_ms) => player.seek(at_ms) : null,
  );
  const redraw = (): void => {
    waterfall.redraw();
    root.querySelector("[data-waits] svg")?.setAttribute("viewBox", `${viewport.start_ms} 0 ${viewport.span_ms} ${WAITS_PX}`);
    if (player) waterfall.showPosition(player.position_ms);
  };
  axis.onChange(redraw);
  document.addEventListener("htmx:after:swap", redraw);
  player?.addEventListener("position", () => waterfall.showPosition(player.position_ms));
  player?.addEventListener("seek", () => waterfall.reveal(player.position_ms));
  for (const entry of root.querySelectorAll<HTMLElement>("[data-part]")) {
    entry.hidden = !content.parts.includes(entry.dataset["part"] ?? "");
  }
  return waterfall;
}
