import assert from "node:assert/strict";
import { test } from "node:test";
import { inTreeOrder } from "../src/call/tree.ts";

function shown(...parent: number[]): [number[], number[]] {
  const { order, depth } = inTreeOrder(parent);
  return [[...order], [...order].map((at) => depth[at] as number)];
}

test("spans stand below their parents and by start among siblings", () => {
  assert.deepEqual(shown(-1, 0, 1, 0), [[0, 1, 2, 3], [0, 1, 2, 1]]);
  assert.deepEqual(shown(-1, -1, 1, 0, 1), [[0, 3, 1, 2, 4], [0, 1, 0, 1, 1]]);
});

test("a parent may come after its child", () => {
  assert.deepEqual(shown(2, -1, -1), [[1, 2, 0], [0, 0, 1]]);
});

test("a circle of parents loses no span", () => {
  assert.deepEqual(shown(1, 0, 2, -1), [[3, 0, 1, 2], [0, 0, 0, 0]]);
});

test("a chain of thousands is no depth too many", () => {
  const { depth } = inTreeOrder(Array.from({ length: 5000 }, (_, at) => at - 1));
  assert.equal(depth[4999], 4999);
});
