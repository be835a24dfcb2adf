// Labelled moments above spans that stand on an axis of their own.
import { clock } from "../call/model.ts";
import { tickStep, type Viewport } from "../call/viewport.ts";

const APART_PX = 84;
const MS_PER_S = 1000;

export function drawRuler(ruler: HTMLElement, viewport: Viewport): void {
  const width = ruler.clientWidth;
  const step = tickStep({ width_px: width, span_ms: viewport.span_ms }, APART_PX);
  const ticks: HTMLElement[] = [];
  for (let at = Math.ceil(viewport.start_ms / step) * step; at <= viewport.end_ms; at += step) {
    const tick = document.createElement("span");
    tick.textContent = clock(at, step < MS_PER_S ? 1 : 0);
    tick.style.transform = `translateX(${((at - viewport.start_ms) / viewport.span_ms) * width}px)`;
    ticks.push(tick);
  }
  ruler.replaceChildren(...ticks);
}
