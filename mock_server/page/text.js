// Text for people, from text of strangers. Nothing here makes markup: the page sets textContent.

// Characters that cannot be seen, or that reorder what stands around them.
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Return `text` with a name in place of each character that cannot be seen. */
export function visible(text) {
  return text.replace(
    UNSEEN,
    (c) => `\u27e8U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}\u27e9`,
  );
}

/** Return JSON with line breaks and indents; every token stays as it came, numbers above all. */
export function indented(json) {
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  const line = (depth) => "\n" + "  ".repeat(Math.min(depth, 40));
  let depth = 0;
  let text = "";
  tokens.forEach((token, place) => {
    const empty = /[}\]]/.test(tokens[place + 1] ?? "") && tokens[place + 1].length === 1;
    if (token === "{" || token === "[") {
      depth += 1;
      text += empty ? token : token + line(depth);
    } else if (token === "}" || token === "]") {
      depth -= 1;
      text += /[{[]$/.test(tokens[place - 1] ?? "") && tokens[place - 1].length === 1
        ? token
        : line(depth) + token;
    } else {
      text += token === "," ? token + line(depth) : token === ":" ? ": " : token;
    }
  });
  return text;
}
