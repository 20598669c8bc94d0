// Rendering of untrusted text. These functions return no markup: the page sets textContent.

// Characters that are invisible or reorder text, and lone surrogates.
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Return `text` with each invisible character replaced by its name. */
export function visible(text) {
  return text.replace(
    UNSEEN,
    (c) => `\u27e8U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}\u27e9`,
  );
}

/** Return JSON with line breaks and indents; keep every token, such as a number, unchanged. */
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

/** Return at most `most` bytes of `base64` in lines of 16, in hexadecimal and as ASCII. */
export function hex(base64, most) {
  const bytes = atob(base64).slice(0, most);
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.slice(at, at + 16);
    const codes = Array.from(part, (c) => c.charCodeAt(0).toString(16).padStart(2, "0"));
    const ascii = part.replace(/[^\x20-\x7e]/g, ".");
    lines.push(`${at.toString(16).padStart(8, "0")}  ${codes.join(" ").padEnd(47)}  ${ascii}`);
  }
  return lines.join("\n");
}

/** Return a number of bytes in a readable unit. */
export function size(bytes) {
  if (bytes < 1024) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  return bytes < 1024 * 1024
    ? `${(bytes / 1024).toFixed(1)} KiB`
    : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
