import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, describe, inSight, partOf, readWaterfall, rowOf, taken, unexplained, type Split } from "../src/call/spans.ts";

const id = (digit: string): string => digit.repeat(16);
const document = readWaterfall({
  note: "",
  spans: {
    ids: id("a") + id("b") + id("c"), parent: [-1, -1, 0], trace: [0, 1, 0], name: [0, 0, 1], part: [0, 1, 2],
    start_us: [0, 1000, 1_000_000], length_us: [9_000_000, 0, 500_000], errors: [2],
  },
  traces: ["t", "u"], names: ["session", "eou_wait"], parts: ["call", "", "end_of_turn"], splits: [], reported_parts: [],
});
const split: Split = {
  at_ms: 3000, heard_ms: 1000, stretches: [["llm", 2100, 2400], ["llm", 2500, 2600], ["tts", 2600, 2900]],
  unexplained_ms: 300, reported_ms: null, reason: null,
};

test("spans are read into the order in which each stands below the one that caused it", () => {
  const { spans } = document;
  assert.deepEqual([...spans.depth], [0, 1, 0]);
  assert.deepEqual([...spans.start_ms], [0, 1000, 1]);
  assert.deepEqual([...spans.end_ms], [9000, 1500, 1]);
  assert.deepEqual([...spans.errors], [1]);
  assert.deepEqual([0, 1, 2].map((at) => partOf(document, at)), ["call", "end_of_turn", ""]);
  assert.deepEqual([1, 2].map((at) => addressOf(document, at)), [`/traces/t/spans/${id("c")}`, `/traces/u/spans/${id("b")}`]);
});

test("only spans that touch the stretch are in sight, in their order", () => {
  assert.deepEqual([...inSight(document.spans, 0, 9000)], [0, 1, 2]);
  assert.deepEqual([...inSight(document.spans, 1600, 4999)], [0]);
  assert.deepEqual([...inSight(document.spans, 1500, 5000)], [0, 1]);
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
  assert.equal(describe(document, 1), "eou_wait 500 ms, end of turn, at 0:01.0, error");
  assert.equal(describe(document, 2), "session 0 ms, at 0:00.0");
});
