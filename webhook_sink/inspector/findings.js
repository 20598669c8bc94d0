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
  for (const found of delivery.findings) list.append(finding(found, reveal));
  const rest = delivery.findings_total - delivery.findings.length;
  if (rest <= 0) return [list];
  return [list, createElement("p", `${pluralize(rest, "further finding")} not listed.`, "quiet")];
}

function finding(found, reveal) {
  const item = createElement("li", undefined, found.severity === "violation" ? "bad" : "so-so");
  const head = createElement("p");
  head.append(createElement("strong", found.severity), ` ${visible(found.message)}`);
  const places = createElement("p", undefined, "places-of");
  if (found.instance !== null) {
    const pointer = createLongText("code", findingTokens(found).reduce(below, "") || "the whole payload");
    const go = button(undefined, () => reveal(found), "go");
    go.append(pointer);
    places.append("at ", reveal ? go : pointer, "; ");
  }
  const contract = createLongText("code", found.pointer);
  places.append(`${found.check}, ${found.provenance} at `, contract, " of the contract");
  item.append(head, places);
  return item;
}
