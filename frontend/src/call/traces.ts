// Brings a waterfall to life: reads its spans, draws them on an axis, and tells what there is to tell.
import { drawRuler } from "./ruler.ts";
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
  if (content.spans.depth.length > 0) show(root, content, axis);
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
    new Spans(content),
    viewport,
    player ? (at_ms) => player.seek(at_ms) : null,
  );
  const ruler = root.querySelector<HTMLElement>("[data-span-ruler]");
  const redraw = (): void => {
    waterfall.redraw();
    if (ruler) drawRuler(ruler, viewport);
    root.querySelector("[data-waits] svg")?.setAttribute("viewBox", `${viewport.start_ms} 0 ${viewport.span_ms} ${WAITS_PX}`);
    if (player) waterfall.showPosition(player.position_ms);
  };
  axis.onChange(redraw);
  document.addEventListener("htmx:after:swap", redraw);
  new ResizeObserver(redraw).observe(find(root, "[data-span-track]"));
  player?.addEventListener("position", () => waterfall.showPosition(player.position_ms));
  player?.addEventListener("seek", () => waterfall.reveal(player.position_ms));
  const nextError = root.closest("section")?.querySelector<HTMLElement>("[data-next-error]");
  if (nextError && waterfall.hasErrors) {
    nextError.hidden = false;
    nextError.addEventListener("click", () => waterfall.chooseNextError());
  }
  for (const entry of root.querySelectorAll<HTMLElement>("[data-part]")) {
    entry.hidden = !content.parts.includes(entry.dataset["part"] ?? "");
  }
}
