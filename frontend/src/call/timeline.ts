// The timeline as a control: draws on change, seeks on click, zooms, pans, tells what lies under the pointer.
import { drawOverview, drawTimeline, readPalette, type Geometry, type Palette, type Scene } from "./draw.ts";
import { clock, gapLength, isSpeaking, span, type Role, type Timeline } from "./model.ts";
import type { Peaks } from "./peaks.ts";
import type { Player } from "./player.ts";
import { Viewport } from "./viewport.ts";

const OVERVIEW_PX = 30;
const NEAR_PX = 6;

export interface TimelineElements {
  readonly root: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly overview: HTMLCanvasElement;
  readonly tip: HTMLElement;
}

export class TimelineView {
  readonly viewport: Viewport;
  private readonly whole: Viewport;
  private geometry: Geometry;
  private palette: Palette = readPalette();
  private hover_ms: number | null = null;
  private queued = false;
  private peaks: Peaks | null = null;
  slow_ms = 1500;
  /** Called when another stretch of the call has come into sight, or on another width. */
  onAxis: (() => void) | null = null;
  private axis = "";

  constructor(
    private readonly elements: TimelineElements,
    private readonly timeline: Timeline,
    private readonly player: Player,
  ) {
    this.viewport = new Viewport(timeline.duration_ms);
    this.whole = new Viewport(timeline.duration_ms);
    this.geometry = this.readGeometry();
    this.listen();
    this.resize();
  }

  /** The heights that the style gives; they are others on a narrow page. */
  private readGeometry(): Geometry {
    const styles = getComputedStyle(this.elements.root);
    const size = (name: string): number => Number.parseFloat(styles.getPropertyValue(name));
    return {
      ruler_px: size("--ruler"),
      lane_px: size("--lane"),
      responses_px: size("--responses"),
      tools_px: this.timeline.tools.length ? size("--tools") : 0,
    };
  }

  private listen(): void {
    const { canvas, overview } = this.elements;
    new ResizeObserver(() => this.resize()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
    document.addEventListener("callscope:theme", () => this.recolour());
    this.player.addEventListener("position", () => this.follow());
    this.player.addEventListener("seek", () => { this.viewport.reveal(this.player.position_ms); this.redraw(); });
    canvas.addEventListener("pointermove", (event) => this.point(event.offsetX));
    canvas.addEventListener("pointerleave", () => this.point(null));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.drag(canvas, (x) => this.player.seek(this.viewport.toMs(x)), (by) => this.pan(-by * this.viewport.span_ms / this.viewport.width_px));
    const centre = (x: number): void => {
      this.viewport.show(this.whole.toMs(x) - this.viewport.span_ms / 2, this.viewport.span_ms);
      this.redraw();
    };
    this.drag(overview, (x) => { this.player.seek(this.whole.toMs(x)); centre(x); }, (_, x) => centre(x));
  }

  /** Tells a click from a drag: less than four pixels of movement is a click. */
  private drag(target: HTMLElement, click: (x: number) => void, move: (by: number, x: number) => void): void {
    let from: number | null = null;
    let last = 0;
    let moved = false;
    target.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      from = last = event.offsetX;
      moved = false;
      target.setPointerCapture(event.pointerId);
    });
    target.addEventListener("pointermove", (event) => {
      if (from === null) return;
      moved ||= Math.abs(event.offsetX - from) > 4;
      if (moved) move(event.offsetX - last, event.offsetX);
      last = event.offsetX;
    });
    target.addEventListener("pointerup", (event) => {
      if (from !== null && !moved) click(event.offsetX);
      from = null;
    });
    target.addEventListener("pointercancel", () => { from = null; });
  }

  private wheel(event: WheelEvent): void {
    if (event.ctrlKey || event.metaKey) {
      this.zoom(Math.exp(-event.deltaY / 200), this.viewport.toMs(event.offsetX));
    } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) && !this.viewport.isWhole) {
      this.pan((event.deltaX / this.viewport.width_px) * this.viewport.span_ms);
    } else return;
    event.preventDefault();
  }

  zoom(factor: number, anchor_ms = this.anchor()): void {
    this.viewport.zoom(factor, anchor_ms);
    this.redraw();
  }

  fit(): void {
    this.viewport.fit();
    this.redraw();
  }

  private pan(by_ms: number): void {
    this.viewport.pan(by_ms);
    this.redraw();
  }

  /** Zooming keeps the playhead in place when it is visible, else the middle. */
  private anchor(): number {
    const at = this.player.position_ms;
    const { start_ms, end_ms } = this.viewport;
    return at >= start_ms && at <= end_ms ? at : (start_ms + end_ms) / 2;
  }

  private follow(): void {
    if (this.player.isPlaying) this.viewport.reveal(this.player.position_ms);
    this.redraw();
  }

  private recolour(): void {
    this.palette = readPalette();
    this.redraw();
  }

  private resize(): void {
    const { canvas, overview } = this.elements;
    this.geometry = this.readGeometry();
    this.viewport.width_px = fitCanvas(canvas);
    this.whole.width_px = fitCanvas(overview);
    this.redraw();
  }

  /** Draws the waveform from now on, and again whenever more of it has come. */
  show(peaks: Peaks | null): void {
    this.peaks = peaks;
    if (peaks) peaks.onChange = () => this.redraw();
    this.redraw();
  }

  redraw(): void {
    if (this.queued) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      this.draw();
    });
  }

  private draw(): void {
    const { canvas, overview } = this.elements;
    const scene: Scene = {
      timeline: this.timeline, viewport: this.viewport, peaks: this.peaks, geometry: this.geometry,
      slow_ms: this.slow_ms, position_ms: this.player.position_ms, hover_ms: this.hover_ms, palette: this.palette,
    };
    drawTimeline(canvas.getContext("2d") as CanvasRenderingContext2D, scene);
    drawOverview(overview.getContext("2d") as CanvasRenderingContext2D, scene, this.whole, OVERVIEW_PX);
    canvas.toggleAttribute("data-zoomed", !this.viewport.isWhole);
    const axis = `${this.viewport.start_ms}/${this.viewport.end_ms}/${this.viewport.width_px}`;
    if (axis !== this.axis) {
      this.axis = axis;
      this.onAxis?.();
    }
    this.peaks?.want(this.viewport.start_ms, this.viewport.end_ms, this.viewport.width_px);
  }

  private point(x: number | null): void {
    const { tip } = this.elements;
    this.hover_ms = x === null ? null : Math.max(0, this.viewport.toMs(x));
    tip.hidden = this.hover_ms === null;
    if (this.hover_ms !== null && x !== null) {
      tip.textContent = this.describe(this.hover_ms);
      const room = this.viewport.width_px - tip.offsetWidth;
      tip.style.transform = `translateX(${Math.max(0, Math.min(room, x + 10))}px)`;
    }
    this.redraw();
  }

  /** What is true at a moment, in one line: for the pointer's tip and for screen readers. */
  describe(at_ms: number): string {
    const near_ms = (NEAR_PX / this.viewport.width_px) * this.viewport.span_ms;
    const parts = [clock(at_ms)];
    const speakers = (["customer", "agent"] as Role[]).filter((role) => isSpeaking(this.timeline.speech[role], at_ms));
    if (speakers.length === 2) parts.push("both speak");
    else if (speakers[0]) parts.push(`${speakers[0]} speaks`);
    const gap = this.timeline.gaps.find((one) => at_ms >= one.start_ms - near_ms && at_ms <= one.end_ms + near_ms);
    if (gap && speakers.length < 2) parts.push(`${gap.role} response ${span(gapLength(gap))}`);
    const cut = this.timeline.interruptions.find((one) => Math.abs(one.at_ms - at_ms) <= Math.max(near_ms, 50));
    if (cut) {
      const stop = cut.stop_latency_ms === null ? "" : ` after ${span(cut.stop_latency_ms)}`;
      parts.push(`${cut.by} interrupts, ${cut.yielded ? `other party stops${stop}` : "other party goes on"}`);
    }
    for (const tool of this.timeline.tools) {
      if (at_ms < tool.start_ms - near_ms || at_ms > (tool.end_ms ?? tool.start_ms) + near_ms) continue;
      parts.push(`${tool.name}${tool.end_ms === null ? "" : ` ${span(tool.end_ms - tool.start_ms)}`}`);
    }
    return parts.join(" · ");
  }
}

/** Gives a canvas one bitmap pixel per device pixel; returns its width in CSS pixels. */
function fitCanvas(canvas: HTMLCanvasElement): number {
  const width = Math.max(1, canvas.clientWidth);
  const height = canvas.clientHeight;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.getContext("2d")?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return width;
}
