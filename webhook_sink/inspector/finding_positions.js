// Positions of findings in a payload.
import { tokensOf } from "./json_tokenizer.js";

/** Return the JSON pointer tokens of a finding; a missing property has a position too. */
export function findingTokens(found) {
  const tokens = tokensOf(found.instance);
  // The place of a missing event name is complete already.
  const isPlaced = found.check === "webhook-event-name" || found.detail === "*";
  const isMissing = found.pointer.endsWith("/required") && !isPlaced;
  return isMissing ? [...tokens, found.detail] : tokens;
}

/** Return a tree of the findings by position: those `here`, and a subtree `below` each token. */
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

/** Return the findings of a position and below it. */
export function all(mark) {
  const found = [];
  const marks = [mark];
  for (let next = marks.pop(); next; next = marks.pop()) {
    found.push(...next.here);
    marks.push(...next.below.values());
  }
  return found;
}
