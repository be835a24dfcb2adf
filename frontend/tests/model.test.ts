import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, gapSize, isSpeaking, lastStartedBy, neighbour, span } from "../src/call/model.ts";
import { tickStep, Viewport } from "../src/call/viewport.ts";

const gap = (start_ms: number, length_ms: number) => ({ role: "agent" as const, start_ms, end_ms: start_ms + length_ms });

test("a gap is sized against the threshold", () => {
  assert.deepEqual([700, 750, 1500, 2999, 3000].map((length) => gapSize(length, 1500)), ["quick", "fair", "slow", "slow", "severe"]);
});

test("next and previous walk the slow responses one by one, from where a jump lands", () => {
  const gaps = [gap(500, 2000), gap(10_000, 2000), gap(20_000, 2000)];
  const lead = 1500;
  let at = 0;
  const seen: number[] = [];
  for (let next = neighbour(gaps, at, 1, lead); next; next = neighbour(gaps, at, 1, lead)) {
    at = next.start_ms - lead;
    seen.push(next.start_ms);
  }
  assert.deepEqual(seen, [10_000, 20_000]);
  assert.equal(neighbour(gaps, at, -1, lead)?.start_ms, 10_000);
  assert.equal(neighbour(gaps, 8500, -1, lead)?.start_ms, 500);
  assert.equal(neighbour(gaps, 0, -1, lead), undefined);
});

test("the last item started is found, before the first there is none", () => {
  assert.deepEqual([-1, 0, 5, 10, 99].map((at) => lastStartedBy([0, 10, 20], at)), [-1, 0, 0, 1, 2]);
});

test("speech ends where it ends", () => {
  assert.deepEqual([0, 100, 199, 200].map((at) => isSpeaking([[100, 200]], at)), [false, true, true, false]);
});

test("times and lengths read as people write them", () => {
  assert.deepEqual([clock(0), clock(83_200), clock(59_990), clock(3_661_000, 0)], ["0:00.0", "1:23.2", "0:59.9", "1:01:01"]);
  assert.deepEqual([span(350), span(1217), span(12_340)], ["350 ms", "1.22 s", "12.3 s"]);
});

test("zooming keeps the anchor in place and stays within the call", () => {
  const viewport = new Viewport(100_000);
  viewport.width_px = 1000;
  const before = viewport.toX(30_000);
  viewport.zoom(4, 30_000);
  assert.ok(Math.abs(viewport.toX(30_000) - before) < 1e-6);
  assert.equal(viewport.span_ms, 25_000);
  viewport.pan(1e9);
  assert.deepEqual([viewport.start_ms, viewport.end_ms], [75_000, 100_000]);
  viewport.zoom(1e-6, 80_000);
  assert.ok(viewport.isWhole);
});

test("pixels and milliseconds are inverse to each other", () => {
  const viewport = new Viewport(60_000);
  viewport.width_px = 700;
  viewport.zoom(3, 20_000);
  for (const x of [0, 123, 700]) assert.ok(Math.abs(viewport.toX(viewport.toMs(x)) - x) < 1e-9);
});

test("a call shorter than the shortest stretch is shown whole", () => {
  const viewport = new Viewport(400);
  viewport.zoom(10, 200);
  assert.deepEqual([viewport.start_ms, viewport.end_ms], [0, 400]);
});

test("the page turns when the playhead leaves it, and only then", () => {
  const viewport = new Viewport(100_000);
  viewport.show(0, 10_000);
  assert.equal(viewport.reveal(9000), false);
  assert.equal(viewport.reveal(10_500), true);
  assert.ok(viewport.start_ms < 10_500 && viewport.end_ms > 10_500);
});

test("ticks stay apart", () => {
  const viewport = new Viewport(7_200_000);
  viewport.width_px = 1000;
  assert.ok(tickStep(viewport, 84) / viewport.span_ms * 1000 >= 84);
});
