import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, inSight, rowOf, taken, unexplained, type Split, type WaterfallDocument } from "../src/call/spans.ts";

const document: WaterfallDocument = {
  note: "",
  spans: {
    trace: [0, 0, 0], id: ["a", "b", "c"], name: [0, 1, 0], service: [0, 0, 0], part: ["call", "end_of_turn", ""],
    depth: [0, 1, 1], start_ms: [0, 1000, 5000], end_ms: [9000, 1500, 5000], errors: [1],
  },
  traces: ["t"], names: ["session", "eou_wait"], services: ["desk"], splits: [], reported_parts: ["llm", "tts"],
};
const split: Split = {
  at_ms: 3000, heard_ms: 1000, stretches: [["llm", 2100, 2400], ["llm", 2500, 2600], ["tts", 2600, 2900]],
  unexplained_ms: 300, reported_ms: null, reason: null,
};

test("only spans that touch the stretch are in sight, in their order", () => {
  assert.deepEqual([...inSight(document.spans, 0, 9000)], [0, 1, 2]);
  assert.deepEqual([...inSight(document.spans, 1600, 4999)], [0]);
  assert.deepEqual([...inSight(document.spans, 1500, 5000)], [0, 1, 2]);
  assert.deepEqual([...inSight(document.spans, 9001, 9999)], []);
});

test("a span that went out of sight leaves its place to the next", () => {
  const rows = Int32Array.of(0, 4, 9);
  assert.deepEqual([0, 4, 5, 9, 12].map((at) => rowOf(rows, at)), [0, 1, 2, 2, 3]);
});

test("what no part accounts for is what lies between the stretches", () => {
  assert.deepEqual(unexplained(split), [[2000, 2100], [2400, 2500], [2900, 3000]]);
  assert.deepEqual(unexplained({ ...split, reason: "no spans" }), []);
});

test("a part the trace never names is unknown and not zero", () => {
  assert.equal(taken(split, "llm", ["llm"]), 400);
  assert.equal(taken(split, "tool", ["tool"]), 0);
  assert.equal(taken(split, "tool", ["llm"]), null);
  assert.equal(taken({ ...split, reason: "no spans" }, "llm", ["llm"]), null);
});

test("a span is told in words", () => {
  assert.equal(describe(document, 1, true), "eou_wait 500 ms, end of turn, at 0:01.0, error");
  assert.equal(describe(document, 2, false), "session 0 ms, at 0:05.0");
});
