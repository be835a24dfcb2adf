import assert from "node:assert/strict";
import { test } from "node:test";
import { rowOf, Spans } from "../src/call/spans.ts";

const id = (digit: string): string => digit.repeat(16);
const spans = new Spans({
  note: "",
  spans: {
    ids: id("a") + id("c") + id("b"), depth: [0, 1, 0], trace: [0, 0, 1], name: [0, 1, 0], part: [0, 2, 1],
    start_us: [0, 1_000_000, 1000], length_us: [9_000_000, 500_000, 0], errors: [1],
  },
  traces: ["t", "u"], names: ["session", "eou_wait"], parts: ["call", "", "end_of_turn"],
});

test("spans are read in milliseconds, with the words their numbers stand for", () => {
  assert.deepEqual([...spans.start_ms], [0, 1000, 1]);
  assert.deepEqual([...spans.end_ms], [9000, 1500, 1]);
  assert.deepEqual([...spans.errors], [1]);
  assert.deepEqual([0, 1, 2].map((at) => spans.partOf(at)), ["call", "end_of_turn", ""]);
  assert.deepEqual([1, 2].map((at) => spans.addressOf(at)), [`/traces/t/spans/${id("c")}`, `/traces/u/spans/${id("b")}`]);
});

test("only spans that touch the stretch are in sight, in their order", () => {
  assert.deepEqual([...spans.inSight(0, 9000)], [0, 1, 2]);
  assert.deepEqual([...spans.inSight(1600, 4999)], [0]);
  assert.deepEqual([...spans.inSight(1500, 5000)], [0, 1]);
  assert.deepEqual([...spans.inSight(9001, 9999)], []);
});

test("a span that went out of sight leaves its place to the next", () => {
  const rows = Int32Array.of(0, 4, 9);
  assert.deepEqual([0, 4, 5, 9, 12].map((at) => rowOf(rows, at)), [0, 1, 2, 2, 3]);
});

test("a span is told in words", () => {
  assert.equal(spans.describe(1), "eou_wait 500 ms, end of turn, at 0:01.0, error");
  assert.equal(spans.describe(2), "session 0 ms, at 0:00.0");
});
