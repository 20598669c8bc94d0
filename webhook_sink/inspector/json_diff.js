// JSON diff of two payloads, by position; a generator computes each difference on request.
import { below, decoded, members, valueAt } from "./json_tokenizer.js";

const MAX_COMPARED_DEPTH = 32; // text is compared first down to this depth; unlimited, that would be quadratic

/**
 * Yield the positions of two documents: the JSON pointer `place`, the raw tokens `one` and `other`
 * (null if missing) and the `state`: `same`, `changed`, `written` (the same value, written
 * differently), `removed` or `added`. Without `all` omit `same`. A part that only one document has
 * is one position.
 */
export function* jsonDifferences(first, second, all) {
  const open = [[["", valueAt(first), valueAt(second)]].values()];
  const above = []; // pointers of the parts in `open`
  while (open.length) {
    const { done, value } = open.at(-1).next();
    if (done) {
      open.pop();
      above.pop();
      continue;
    }
    const [token, one, other] = value;
    const pointer = above.length ? below(above.at(-1), token) : "";
    const texts = [textOf(first, one), textOf(second, other)];
    if (!all && open.length < MAX_COMPARED_DEPTH && texts[0] === texts[1]) continue;
    if (isPart(one, other)) {
      open.push(paired(first, second, one, other));
      above.push(pointer);
      continue;
    }
    const state = stateOf(...texts, one, other);
    if (all || state !== "same") yield { place: pointer, one: texts[0], other: texts[1], state };
  }
}

function textOf(document, value) {
  return value ? document.text.slice(value.at, value.end) : null;
}

function isPart(one, other) {
  return one && other && one.kind === other.kind && one.count + other.count > 0;
}

function stateOf(text, otherText, one, other) {
  if (text === null) return "added";
  if (otherText === null) return "removed";
  if (text === otherText || (one.count === 0 && other.count === 0 && one.kind === other.kind))
    return "same";
  const areStrings = one.kind === "string" && other.kind === "string";
  return areStrings && decoded(text) === decoded(otherText) ? "written" : "changed";
}

/** Yield token, value and other value of each member of two objects or two arrays. */
function* paired(first, second, one, other) {
  const values = lastValues(first, one);
  const others = lastValues(second, other);
  for (const [token, value] of values) yield [token, value, others.get(token)];
  for (const [token, value] of others) if (!values.has(token)) yield [token, undefined, value];
}

function lastValues(document, parent) {
  const values = new Map();
  for (const { token, value } of members(document, parent)) values.set(token, value);
  return values;
}
