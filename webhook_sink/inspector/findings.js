// Findings of a delivery, each with a link to its position in the payload.
import { below } from "./json_tokenizer.js";
import { findingTokens } from "./finding_positions.js";
import { visible } from "./text.js";
import { button, pluralize, createLongText, createElement } from "./elements.js";

/** Make the list of findings; `reveal` gets the finding whose position the user selects. */
export function findings(delivery, reveal) {
  if (delivery.findings_total === 0)
    return [createElement("p", "No findings in this delivery.", "quiet")];
  const list = createElement("ul", undefined, "findings");
  for (const group of byPlace(delivery.findings)) list.append(place(group, reveal));
  const rest = delivery.findings_total - delivery.findings.length;
  if (rest <= 0) return [list];
  return [list, createElement("p", `${pluralize(rest, "further finding")} not listed.`, "quiet")];
}

function byPlace(found) {
  return Map.groupBy(found, ({ instance }) => instance).values();
}

/** Make the item of all findings of one place. */
function place(group, reveal) {
  const [first] = group;
  const isBad = group.some(({ severity }) => severity === "violation");
  const item = createElement("li", undefined, isBad ? "bad" : "so-so");
  if (first.instance !== null) {
    const tokens = findingTokens(first).reduce(below, "") || "the whole payload";
    const pointer = createLongText("code", tokens);
    const go = button(undefined, () => reveal(first), "go");
    go.append(pointer);
    const head = createElement("p", undefined, "place-of");
    head.append(reveal ? go : pointer);
    item.append(head);
  }
  for (const found of group) item.append(...lines(found));
  return item;
}

function lines(found) {
  const head = createElement("p");
  const severity = createElement("strong", found.severity);
  head.append(severity, ` ${visible(found.message)}`);
  const source = createElement("p", undefined, "places-of");
  const contract = createLongText("code", found.pointer);
  source.append(`${found.check}, ${found.provenance} at `, contract, " of the contract");
  return [head, source];
}
