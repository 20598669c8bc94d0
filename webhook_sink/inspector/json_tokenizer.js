// JSON tokenizer that keeps raw tokens: numbers, escapes and repeated names stay as received.
// Nothing here recurses, and the time is proportional to the length of the body.

const CLOSING = { "{": "}", "[": "]" };
const KINDS = { "{": "object", "[": "array", '"': "string", t: "true", f: "false", n: "null" };
const WORDS = { t: "true", f: "false", n: "null" };
const MOST_NAMES = 200_000; // maximum members of an object that is searched for repeated names

function afterSpace(text, at) {
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at += 1;
  }
}

/** Return the end of the string at `at`, or -1. Without a regular expression, which has a stack. */
function stringEnd(text, at) {
  for (let place = at + 1; place < text.length; place += 1) {
    const code = text.charCodeAt(place);
    if (code === 0x22) return place + 1;
    if (code < 0x20) return -1;
    if (code !== 0x5c) continue;
    place += 1;
    if (text[place] === "u") {
      if (!/^[0-9a-f]{4}$/i.test(text.slice(place + 1, place + 5))) return -1;
      place += 4;
    } else if (!'"\\/bfnrt'.includes(text[place])) return -1;
  }
  return -1;
}

function afterDigits(text, at) {
  while (text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) at += 1;
  return at;
}

function numberEnd(text, at) {
  const first = text[at] === "-" ? at + 1 : at;
  let end = afterDigits(text, first);
  if (end === first || (text[first] === "0" && end > first + 1)) return -1;
  if (text[end] === ".") {
    const fraction = end + 1;
    end = afterDigits(text, fraction);
    if (end === fraction) return -1;
  }
  if (text[end] !== "e" && text[end] !== "E") return end;
  const power = end + (text[end + 1] === "+" || text[end + 1] === "-" ? 2 : 1);
  end = afterDigits(text, power);
  return end === power ? -1 : end;
}

/** Return the end of the scalar at `at`, or -1. */
function tokenEnd(text, at) {
  if (text[at] === '"') return stringEnd(text, at);
  const word = WORDS[text[at]];
  if (word === undefined) return numberEnd(text, at);
  return text.startsWith(word, at) ? at + word.length : -1;
}

/** Return the start of the value of the member at `at`, or -1. */
function valueOf(text, at, closing) {
  if (closing === "]" || at === -1) return at;
  const end = text[at] === '"' ? stringEnd(text, at) : -1;
  const colon = afterSpace(text, end);
  return text[colon] === ":" ? afterSpace(text, colon + 1) : -1;
}

/**
 * Return a document, or null if `text` is not JSON (RFC 8259); skip a byte order mark. `starts`,
 * `ends` and `counts` have the position and the number of members of each object and array, in
 * order.
 */
export function read(text) {
  const root = afterSpace(text, text[0] === "\ufeff" ? 1 : 0);
  const document = { text, root, starts: [], ends: [], counts: [] };
  const open = []; // indices into `starts`
  let at = root;
  while (at !== -1) {
    const closing = CLOSING[text[at]];
    if (closing === undefined) {
      at = tokenEnd(text, at);
    } else {
      const inside = afterSpace(text, at + 1);
      const empty = text[inside] === closing;
      open.push(document.starts.push(at) - 1);
      document.ends.push(0);
      document.counts.push(empty ? 0 : 1);
      at = inside;
      if (!empty) {
        at = valueOf(text, inside, closing);
        continue;
      }
    }
    if (at !== -1) at = afterValue(document, open, at);
    if (at === text.length && open.length === 0) return document;
  }
  return null;
}

/** Close parts that end at `at`; return the start of the next value, the end of the text, or -1. */
function afterValue({ text, starts, ends, counts }, open, at) {
  for (;;) {
    at = afterSpace(text, at);
    if (open.length === 0) return at === text.length ? at : -1;
    const closing = CLOSING[text[starts[open.at(-1)]]];
    if (text[at] === ",") {
      counts[open.at(-1)] += 1;
      return valueOf(text, afterSpace(text, at + 1), closing);
    }
    if (text[at] !== closing) return -1;
    at += 1;
    ends[open.pop()] = at;
  }
}

/** Return `kind`, `at` and `end` of the value at `at`, and `count` of an object or array. */
export function valueAt(document, at = document.root) {
  const kind = KINDS[document.text[at]] ?? "number";
  if (kind !== "object" && kind !== "array") return { kind, at, end: tokenEnd(document.text, at) };
  let low = 0;
  let high = document.starts.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (document.starts[middle] < at) low = middle + 1;
    else high = middle;
  }
  return { kind, at, end: document.ends[low], count: document.counts[low] };
}

/**
 * Yield the members of an object or array: `token` of a JSON pointer, raw `name` (null in an
 * array), `value`, and `at` and `place`, from which a later call can continue.
 */
export function* members(document, parent, from = undefined) {
  const { text } = document;
  let at = from?.at ?? afterSpace(text, parent.at + 1);
  for (let place = from?.place ?? 0; place < parent.count; place += 1) {
    const isNamed = parent.kind === "object";
    const name = isNamed ? text.slice(at, stringEnd(text, at)) : null;
    const value = valueAt(document, isNamed ? valueOf(text, at, "}") : at);
    yield { at, place, name, token: isNamed ? decoded(name) : String(place), value };
    at = afterSpace(text, afterSpace(text, value.end) + 1);
  }
}

/** Return the value of the string `token`. */
export function decoded(token) {
  return token.includes("\\") ? JSON.parse(token) : token.slice(1, -1);
}

/**
 * Return the place of the last member of each name in an object, because the last one counts.
 * For too many members, return only the names in `wanted`.
 */
export function lastPlaces(document, parent, wanted) {
  const last = new Map();
  const isFew = parent.count <= MOST_NAMES;
  if (parent.kind === "array" || (!isFew && wanted.size === 0)) return last;
  for (const { token, place } of members(document, parent))
    if (isFew || wanted.has(token)) last.set(token, place);
  return last;
}

/** Return the unescaped tokens of a JSON pointer. */
export function tokensOf(pointer) {
  const tokens = pointer.split("/").slice(1);
  return tokens.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Return a JSON pointer with `token` at its end. */
export function below(pointer, token) {
  return `${pointer}/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
