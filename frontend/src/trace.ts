// The page of a trace: its spans on its own clock, with zoom by button, wheel and drag.
import { find } from "./call/find.ts";
import { startTraces } from "./call/traces.ts";
import { Viewport } from "./call/viewport.ts";
import { drawRuler } from "./trace/ruler.ts";

async function start(root: HTMLElement): Promise<void> {
  let viewport = new Viewport(1);
  let redraw = (): void => undefined;
  const change = (act: () => void): void => {
    act();
    redraw();
    drawRuler(ruler, viewport);
  };
  const ruler = find<HTMLElement>("[data-span-ruler]", root);
  const waterfall = await startTraces(root, {
    viewport: (duration_ms) => (viewport = new Viewport(duration_ms)),
    onChange: (act) => { redraw = act; act(); },
    player: null,
  });
  new ResizeObserver(() => change(() => { viewport.width_px = Math.max(1, ruler.clientWidth); })).observe(ruler);
  const middle = (): number => (viewport.start_ms + viewport.end_ms) / 2;
  const on = (selector: string, act: () => void): void =>
    document.querySelector(selector)?.addEventListener("click", () => change(act));
  on("[data-zoom-in]", () => viewport.zoom(2, middle()));
  on("[data-zoom-out]", () => viewport.zoom(0.5, middle()));
  on("[data-zoom-fit]", () => viewport.fit());
  const track = root.querySelector<HTMLElement>("[data-span-track]");
  track?.addEventListener("wheel", (event) => {
    const { left, width } = track.getBoundingClientRect();
    const at_ms = viewport.start_ms + ((event.clientX - left) / width) * viewport.span_ms;
    if (event.ctrlKey || event.metaKey) change(() => viewport.zoom(Math.exp(-event.deltaY / 200), at_ms));
    else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) change(() => viewport.pan((event.deltaX / width) * viewport.span_ms));
    else return;
    event.preventDefault();
  }, { passive: false });
  const nextError = find<HTMLElement>("[data-next-error]");
  nextError.hidden = !waterfall?.hasErrors;
  nextError.addEventListener("click", () => waterfall?.chooseNextError());
  document.documentElement.dataset["traceReady"] = "";
}

const root = document.querySelector<HTMLElement>("[data-waterfall]");
if (root) void start(root);
