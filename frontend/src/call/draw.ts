// The drawing of the timeline. Everything is placed by one viewport, so that what is simultaneous stands in one column.
import {
  clock, gapLength, gapSize, lastStartedBy, span, type Gap, type Lane, type Stretch, type Timeline,
} from "./model.ts";
import type { Peaks } from "./peaks.ts";
import { tickStep, type Viewport } from "./viewport.ts";

const LABELLED_SPAN_MS = 240_000;

export interface Geometry {
  readonly ruler_px: number;
  readonly lane_px: number;
  readonly responses_px: number;
  readonly tools_px: number;
}

export interface Scene {
  readonly timeline: Timeline;
  readonly viewport: Viewport;
  readonly peaks: Peaks | null;
  readonly geometry: Geometry;
  readonly slow_ms: number;
  readonly position_ms: number;
  readonly hover_ms: number | null;
  readonly palette: Palette;
}

const COLOURS = [
  "surface", "line", "ink", "ink-soft", "wave-idle", "agent", "agent-soft", "customer", "customer-soft", "overlap",
  "failed", "tool", "tool-soft", "gap-quick", "gap-fair", "gap-slow", "gap-severe", "gap-other", "playhead",
] as const;
type Colour = (typeof COLOURS)[number];
export type Palette = Record<Colour, string>;

/** The tokens' colours as the theme in force resolves them. */
export function readPalette(): Palette {
  const probe = document.body.appendChild(document.createElement("span"));
  const entries = COLOURS.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(entries) as Palette;
}

export function laneTop(geometry: Geometry, index: number): number {
  return geometry.ruler_px + index * geometry.lane_px;
}

export function drawTimeline(context: CanvasRenderingContext2D, scene: Scene): void {
  const { viewport, geometry, timeline } = scene;
  const responsesTop = laneTop(geometry, timeline.lanes.length);
  const height = responsesTop + geometry.responses_px + geometry.tools_px;
  context.clearRect(0, 0, viewport.width_px, height);
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  drawRuler(context, scene, height);
  timeline.lanes.forEach((lane, index) => drawLane(context, scene, lane, laneTop(geometry, index)));
  drawOverlaps(context, scene, geometry.ruler_px, responsesTop);
  drawInterruptions(context, scene);
  drawResponses(context, scene, responsesTop);
  if (geometry.tools_px) drawTools(context, scene, responsesTop + geometry.responses_px);
  if (scene.hover_ms !== null) drawHairline(context, scene, scene.hover_ms, height, scene.palette["ink-soft"], 1);
  drawHairline(context, scene, scene.position_ms, height, scene.palette.playhead, 2);
}

function drawRuler(context: CanvasRenderingContext2D, scene: Scene, height: number): void {
  const { viewport, palette, geometry } = scene;
  const step = tickStep(viewport, 84);
  context.textAlign = "left";
  for (let at = Math.ceil(viewport.start_ms / step) * step; at <= viewport.end_ms; at += step) {
    const x = Math.round(viewport.toX(at)) + 0.5;
    context.fillStyle = palette.line;
    context.fillRect(x - 0.5, geometry.ruler_px - 5, 1, height - geometry.ruler_px + 5);
    context.fillStyle = palette["ink-soft"];
    context.fillText(clock(at, step < 1000 ? 1 : 0), x + 4, geometry.ruler_px / 2);
  }
}

function drawLane(context: CanvasRenderingContext2D, scene: Scene, lane: Lane, top: number): void {
  const { viewport, peaks, palette, geometry, timeline } = scene;
  const stretches = lane.role ? timeline.speech[lane.role] : [];
  const middle = top + geometry.lane_px / 2;
  const half = geometry.lane_px / 2 - 5;
  const colour = lane.role ? palette[lane.role] : palette["ink-soft"];
  const soft = lane.role ? palette[`${lane.role}-soft`] : palette["wave-idle"];
  const hasWave = peaks !== null && lane.channel !== null;
  // Where there is no waveform to stand out, speech itself is drawn strong.
  const inset = hasWave ? 3 : geometry.lane_px / 3;
  context.fillStyle = hasWave ? soft : colour;
  for (const [start, end] of visible(stretches, viewport)) {
    const x = viewport.toX(start);
    context.fillRect(x, top + inset, Math.max(1, viewport.toX(end) - x), geometry.lane_px - 2 * inset);
  }
  context.fillStyle = palette.line;
  context.fillRect(0, top + geometry.lane_px - 0.5, viewport.width_px, 1);
  if (!hasWave) return;
  drawWave(context, scene, lane, { middle, half, colour, stretches });
}

interface Wave {
  readonly middle: number;
  readonly half: number;
  readonly colour: string;
  readonly stretches: readonly Stretch[];
}

/** One column a pixel, in the party's colour where it speaks; all of one colour are filled at once. */
function drawWave(context: CanvasRenderingContext2D, scene: Scene, lane: Lane, wave: Wave): void {
  const { viewport, peaks, palette } = scene;
  const perPixel = viewport.span_ms / viewport.width_px;
  const speech = new Path2D();
  const idle = new Path2D();
  let next = Math.max(0, lastStartedBy(wave.stretches.map(([start]) => start), viewport.start_ms));
  for (let x = 0; x < viewport.width_px; x++) {
    const at = viewport.start_ms + x * perPixel;
    const extent = peaks?.extent(lane.channel as number, at, at + perPixel);
    while (next < wave.stretches.length && (wave.stretches[next] as Stretch)[1] <= at) next++;
    if (!extent) continue;
    const stretch = wave.stretches[next];
    const isSpeech = wave.stretches.length === 0 || (stretch !== undefined && stretch[0] < at + perPixel);
    // A root curve keeps quiet speech visible beside loud speech; silence stays flat.
    const up = Math.sqrt(Math.max(0, extent[1])) * wave.half;
    const down = Math.sqrt(Math.max(0, -extent[0])) * wave.half;
    (isSpeech ? speech : idle).rect(x, wave.middle - up, 1, Math.max(1, up + down));
  }
  context.fillStyle = palette["wave-idle"];
  context.fill(idle);
  context.fillStyle = wave.colour;
  context.fill(speech);
}

function drawOverlaps(context: CanvasRenderingContext2D, scene: Scene, top: number, bottom: number): void {
  const { viewport, timeline, palette } = scene;
  for (const [start, end] of visible(timeline.overlaps, viewport)) {
    const x = viewport.toX(start);
    const width = Math.max(2, viewport.toX(end) - x);
    context.globalAlpha = 0.22;
    context.fillStyle = palette.overlap;
    context.fillRect(x, top, width, bottom - top);
    context.globalAlpha = 1;
    context.fillRect(x, top, width, 2);
    context.fillRect(x, bottom - 2, width, 2);
  }
}

/** A filled flag is an interruption the other party talked over; an outlined one, an interruption it yielded to. */
function drawInterruptions(context: CanvasRenderingContext2D, scene: Scene): void {
  const { viewport, timeline, palette, geometry } = scene;
  for (const { by, at_ms, yielded } of timeline.interruptions) {
    if (at_ms < viewport.start_ms || at_ms > viewport.end_ms) continue;
    const lane = timeline.lanes.findIndex((candidate) => candidate.role === by);
    if (lane < 0) continue;
    const x = viewport.toX(at_ms);
    const top = laneTop(geometry, lane) + 3;
    const colour = yielded ? palette.overlap : palette.failed;
    context.fillStyle = colour;
    context.fillRect(x - 1, top, 2, geometry.lane_px - 6);
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x + 11, top + 5);
    context.lineTo(x, top + 10);
    context.closePath();
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    if (yielded) {
      context.fillStyle = palette.surface;
      context.fill();
      context.stroke();
    } else context.fill();
  }
}

/** Height grows with the root of the gap up to four times the slow threshold, so that every size can be told apart. */
export function gapHeight(gap: Gap, slow_ms: number, full_px: number): number {
  return Math.max(3, Math.sqrt(Math.min(1, gapLength(gap) / (4 * slow_ms))) * full_px);
}

function drawResponses(context: CanvasRenderingContext2D, scene: Scene, top: number): void {
  const { viewport, timeline, palette, geometry, slow_ms } = scene;
  const full = geometry.responses_px - 8;
  const bottom = top + geometry.responses_px - 2;
  context.fillStyle = palette.line;
  context.fillRect(0, bottom + 1.5, viewport.width_px, 1);
  const thresholdY = Math.round(bottom - Math.sqrt(0.25) * full) + 0.5;
  context.strokeStyle = palette["ink-soft"];
  context.lineWidth = 1;
  context.setLineDash([2, 4]);
  context.beginPath();
  context.moveTo(0, thresholdY);
  context.lineTo(viewport.width_px, thresholdY);
  context.stroke();
  context.setLineDash([]);
  let labelledTo = -Infinity;
  for (const gap of timeline.gaps) {
    if (gap.end_ms < viewport.start_ms || gap.start_ms > viewport.end_ms) continue;
    const x = viewport.toX(gap.start_ms);
    const width = Math.max(gap.role === "agent" ? 3 : 2, viewport.toX(gap.end_ms) - x);
    const height = gapHeight(gap, slow_ms, full);
    const isAgent = gap.role === "agent";
    context.fillStyle = isAgent ? palette[`gap-${gapSize(gapLength(gap), slow_ms)}`] : palette["gap-other"];
    context.fillRect(x, bottom - height, width, height);
    if (!isAgent || x < labelledTo || viewport.span_ms > LABELLED_SPAN_MS) continue;
    const label = span(gapLength(gap));
    const room = context.measureText(label).width + 6;
    const fits = x + width + room <= viewport.width_px;
    if (!fits && x - room < labelledTo) continue;
    context.fillStyle = palette.ink;
    context.textAlign = fits ? "left" : "right";
    context.fillText(label, fits ? x + width + 3 : x - 3, bottom - 7);
    labelledTo = x + width + room;
  }
}

function drawTools(context: CanvasRenderingContext2D, scene: Scene, top: number): void {
  const { viewport, timeline, palette, geometry } = scene;
  const height = geometry.tools_px - 6;
  for (const [index, tool] of timeline.tools.entries()) {
    const end = tool.end_ms ?? tool.start_ms;
    if (end < viewport.start_ms || tool.start_ms > viewport.end_ms) continue;
    const x = viewport.toX(tool.start_ms);
    const width = Math.max(4, viewport.toX(end) - x);
    context.fillStyle = palette["tool-soft"];
    context.fillRect(x, top + 3, width, height);
    context.fillStyle = palette.tool;
    context.fillRect(x, top + 3, 3, height);
    context.save();
    context.beginPath();
    const next = timeline.tools[index + 1];
    context.rect(x, top, next ? Math.max(width, viewport.toX(next.start_ms) - x - 4) : viewport.width_px, geometry.tools_px);
    context.clip();
    context.textAlign = "left";
    context.fillStyle = palette.ink;
    context.fillText(tool.name, x + 7, top + 3 + height / 2);
    context.restore();
  }
}

function drawHairline(
  context: CanvasRenderingContext2D, scene: Scene, at_ms: number, height: number, colour: string, width: number,
): void {
  const { viewport } = scene;
  if (at_ms < viewport.start_ms || at_ms > viewport.end_ms) return;
  context.fillStyle = colour;
  context.fillRect(Math.round(viewport.toX(at_ms)) - width / 2, 0, width, height);
}

/** The whole call in one strip, with the part on screen framed. */
export function drawOverview(context: CanvasRenderingContext2D, scene: Scene, whole: Viewport, height: number): void {
  const { timeline, viewport, palette, slow_ms } = scene;
  context.clearRect(0, 0, whole.width_px, height);
  const band = (height - 12) / 2;
  (["customer", "agent"] as const).forEach((role, index) => {
    context.fillStyle = palette[role];
    for (const [start, end] of timeline.speech[role]) {
      const x = whole.toX(start);
      context.fillRect(x, 2 + index * (band + 1), Math.max(0.7, whole.toX(end) - x), band);
    }
  });
  for (const gap of timeline.gaps) {
    if (gap.role !== "agent" || gapLength(gap) < slow_ms) continue;
    context.fillStyle = palette[`gap-${gapSize(gapLength(gap), slow_ms)}`];
    context.fillRect(whole.toX(gap.start_ms), height - 8, Math.max(2, whole.toX(gap.end_ms) - whole.toX(gap.start_ms)), 6);
  }
  if (!viewport.isWhole) {
    const x = whole.toX(viewport.start_ms);
    const width = Math.max(6, whole.toX(viewport.end_ms) - x);
    context.globalAlpha = 0.6;
    context.fillStyle = palette.surface;
    context.fillRect(0, 0, x, height);
    context.fillRect(x + width, 0, whole.width_px, height);
    context.globalAlpha = 1;
    context.strokeStyle = palette.ink;
    context.lineWidth = 1.5;
    context.strokeRect(x + 0.75, 0.75, width - 1.5, height - 1.5);
  }
  context.fillStyle = palette.playhead;
  context.fillRect(whole.toX(scene.position_ms) - 1, 0, 2, height);
}

function* visible(stretches: readonly Stretch[], viewport: Viewport): Generator<Stretch> {
  for (const stretch of stretches) {
    if (stretch[0] > viewport.end_ms) return;
    if (stretch[1] >= viewport.start_ms) yield stretch;
  }
}
