// Positions of findings in a payload.
import { tokensOf } from "./json_tokenizer.js";

/** Return the tokens of the place that a finding is about: what is missing has one, too. */
export function findingTokens(found) {
  const tokens = tokensOf(found.instance);
  const isMissing = found.pointer.endsWith("/required") && found.detail !== "*";
  return isMissing ? [...tokens, found.detail] : tokens;
}

/** Return the findings by their places: those `here`, and `below` each token the like again. */
export function findingsByPosition(findings) {
  const root = { here: [], below: new Map() };
  for (const found of findings) {
    if (found.instance === null) continue;
    let mark = root;
    for (const token of findingTokens(found)) {
      if (!mark.below.has(token)) mark.below.set(token, { here: [], below: new Map() });
      mark = mark.below.get(token);
    }
    mark.here.push(found);
  }
  return root;
}

/** Return the findings here and below. */
export function all(mark) {
  const found = [];
  const marks = [mark];
  for (let next = marks.pop(); next; next = marks.pop()) {
    found.push(...next.here);
    marks.push(...next.below.values());
  }
  return found;
}
