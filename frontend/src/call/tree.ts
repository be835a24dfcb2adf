// Spans in the order a reader wants them: every span under the one that caused it.

/** Places in reading order, and how many spans each place lies under. */
export interface Tree {
  readonly order: Int32Array;
  readonly depth: Int32Array;
}

const NONE = -1;

/**
 * Orders spans that come by their start: each below its parent, siblings as they come. `parent` holds the place of each
 * span's parent; one whose parent is not there (-1), or whose parents form a circle, counts as one without.
 */
export function inTreeOrder(parent: readonly number[]): Tree {
  const count = parent.length;
  const firstChild = new Int32Array(count).fill(NONE);
  const nextSibling = new Int32Array(count).fill(NONE);
  const waiting: number[] = [];
  for (let at = count - 1; at >= 0; at -= 1) {
    const above = parent[at] as number;
    if (above === NONE) {
      waiting.push(at);
      continue;
    }
    nextSibling[at] = firstChild[above] as number;
    firstChild[above] = at;
  }
  const order = new Int32Array(count);
  const depth = new Int32Array(count).fill(NONE);
  let placed = 0;
  const place = (at: number, under: number): void => {
    depth[at] = under;
    order[placed++] = at;
  };
  // A stack and not a recursion: a sender may nest as deep as it likes.
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const above = parent[at] as number;
    place(at, above === NONE ? 0 : (depth[above] as number) + 1);
    const sibling = nextSibling[at] as number;
    const child = firstChild[at] as number;
    if (sibling !== NONE) waiting.push(sibling);
    if (child !== NONE) waiting.push(child);
  }
  if (placed < count) for (let at = 0; at < count; at += 1) if (depth[at] === NONE) place(at, 0);
  return { order, depth };
}
