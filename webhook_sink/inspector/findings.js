// The findings of a delivery, each with a way to its place in the payload.
import { below } from "./json.js";
import { placeOf } from "./marks.js";
import { visible } from "./text.js";
import { button, counted, long, made } from "./token.js";

/** Make the list of findings; `reveal` is called with one whose place is asked for. */
export function findings(delivery, reveal) {
  if (delivery.findings_total === 0)
    return [made("p", "None: this delivery keeps every constraint it can break alone.", "quiet")];
  const list = made("ul", undefined, "findings");
  for (const found of delivery.findings) list.append(finding(found, reveal));
  const rest = delivery.findings_total - delivery.findings.length;
  if (rest <= 0) return [list];
  return [list, made("p", `${counted(rest, "further finding")} not listed.`, "quiet")];
}

function finding(found, reveal) {
  const item = made("li", undefined, found.severity === "violation" ? "bad" : "so-so");
  const head = made("p");
  head.append(made("strong", found.severity), ` ${visible(found.message)}`);
  const places = made("p", undefined, "places-of");
  if (found.instance !== null) {
    const pointer = long("code", placeOf(found).reduce(below, "") || "the whole payload");
    const go = button(undefined, () => reveal(found), "go");
    go.append(pointer);
    places.append("at ", reveal ? go : pointer, "; ");
  }
  const contract = long("code", found.pointer);
  places.append(`${found.check}, ${found.provenance} at `, contract, " of the contract");
  item.append(head, places);
  return item;
}
