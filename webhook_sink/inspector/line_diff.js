// Line diff of two texts that are not JSON.

const MAX_LINE_PAIRS = 1_000_000; // maximum of compared pairs

/**
 * Return the lines of two texts in order, each with its `state`: `same`, `removed` (only in `one`)
 * or `added` (only in `other`). If too many differ, all lines of
 * `one` precede those of `other`.
 */
export function lineDifferences(one, other) {
  let start = 0;
  while (start < Math.min(one.length, other.length) && one[start] === other[start]) start += 1;
  let tail = 0;
  const shorter = Math.min(one.length, other.length) - start;
  while (tail < shorter && one.at(-1 - tail) === other.at(-1 - tail)) tail += 1;
  const left = one.slice(start, one.length - tail);
  const right = other.slice(start, other.length - tail);
  const same = (line) => ({ one: line, other: line, state: "same" });
  const end = one.slice(one.length - tail).map(same);
  return one.slice(0, start).map(same).concat(Array.from(merged(left, right)), end);
}

function* merged(left, right) {
  const common = left.length * right.length <= MAX_LINE_PAIRS ? commonLengths(left, right) : null;
  const width = right.length + 1;
  let [x, y] = [0, 0];
  while (x < left.length || y < right.length) {
    const isSame = common && x < left.length && y < right.length && left[x] === right[y];
    if (isSame) {
      yield { one: left[x], other: right[y], state: "same" };
      x += 1;
      y += 1;
    } else if (x < left.length && (!common || y === right.length || goesLeft(common, width, x, y)))
      yield { one: left[x++], other: null, state: "removed" };
    else yield { one: null, other: right[y++], state: "added" };
  }
}

function goesLeft(common, width, x, y) {
  return common[(x + 1) * width + y] >= common[x * width + y + 1];
}

/** Return the number of common lines of the rests after each pair of places. */
function commonLengths(left, right) {
  const width = right.length + 1;
  const common = new Uint32Array((left.length + 1) * width);
  for (let x = left.length - 1; x >= 0; x -= 1)
    for (let y = right.length - 1; y >= 0; y -= 1)
      common[x * width + y] =
        left[x] === right[y]
          ? common[(x + 1) * width + y + 1] + 1
          : Math.max(common[(x + 1) * width + y], common[x * width + y + 1]);
  return common;
}
