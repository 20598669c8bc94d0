// Comparison of two deliveries. Their text is untrusted: it becomes textContent only.
import { jsonDifferences } from "./json_diff.js";
import { badge, deliveryFacts } from "./delivery_facts.js";
import { headerDifferences, isReordered } from "./header_diff.js";
import { read } from "./json_tokenizer.js";
import { lineDifferences } from "./line_diff.js";
import { diffTable } from "./diff_table.js";
import { hex } from "./text.js";
import { button, createElement } from "./elements.js";

const MAX_LINES = 20_000; // of each body; of bytes, 16 are a line

/** Fill `section` with the differences between two full deliveries of the API. */
export function showComparison(section, one, other) {
  const heads = [`Delivery ${one.id}`, `Delivery ${other.id}`];
  const body = createElement("div", undefined, "compared");
  const choice = createElement("div", undefined, "choice");
  choice.setAttribute("role", "group");
  choice.setAttribute("aria-label", "Comparison view");
  const show = (all) => {
    for (const [place, pressed] of [!all, all].entries())
      choice.children[place].setAttribute("aria-pressed", String(pressed));
    body.replaceChildren(...parts(heads, one, other, all));
  };
  choice.append(button("Differences only", () => show(false)), button("Everything", () => show(true)));
  show(false);
  const title = createElement("h2", `Deliveries ${one.id} and ${other.id}`);
  title.id = "detail-title";
  title.tabIndex = -1;
  section.replaceChildren(title, choice, body);
}

function parts(heads, one, other, all) {
  const places = (name, found) => diffTable(name, heads, shown(found, all));
  const reordered = createElement("p", "The common headers have a different order.", "quiet");
  reordered.hidden = !isReordered(one.headers, other.headers);
  return [
    createElement("h3", "Facts"),
    places("Fact", factPlaces(one, other)),
    createElement("h3", "Headers"),
    reordered,
    places("Header", headerDifferences(one.headers, other.headers)),
    createElement("h3", "Payload"),
    ...bodies(heads, one, other, all),
  ];
}

function* shown(places, all) {
  for (const place of places) if (all || place.state !== "same") yield place;
}

function* factPlaces(one, other) {
  const [left, right] = [one, other].map((delivery) => [
    ["Verdict", badge(delivery)],
    ...deliveryFacts(delivery),
  ]);
  for (const name of new Set([...left, ...right].map(([known]) => known))) {
    const [ours, theirs] = [left, right].map((facts) => cellOf(facts, name));
    const isSame = ours?.textContent === theirs?.textContent;
    yield { place: name, one: ours, other: theirs, state: isSame ? "same" : "changed" };
  }
}

function cellOf(facts, name) {
  const fact = facts.find(([known]) => known === name);
  if (!fact) return null;
  const cell = createElement("span");
  cell.append(...fact.slice(1));
  return cell;
}

function bodies(heads, one, other, all) {
  if (one.body.base64 === other.body.base64 && !all)
    return [createElement("p", "The bodies are identical.", "quiet")];
  const documents = [one, other].map(({ body }) => (body.text === null ? null : read(body.text)));
  if (documents.every(Boolean)) {
    const found = shown(jsonDifferences(...documents, all), true);
    const nothing = "All values are equal: only the layout or the order of members differs.";
    return [diffTable("Place", heads, found, nothing)];
  }
  const areText = one.body.text !== null && other.body.text !== null;
  const [left, right] = [one, other].map(({ body }) => linesOf(body, areText));
  const isCut = left.length > MAX_LINES || right.length > MAX_LINES;
  const words = areText ? "At least one body is not JSON: compared line by line." : "At least one body is not text: compared by rows of 16 bytes.";
  const limit = isCut ? ` Only the first ${MAX_LINES.toLocaleString("en")} lines are compared.` : "";
  const found = lineDifferences(left.slice(0, MAX_LINES), right.slice(0, MAX_LINES));
  return [
    createElement("p", words + limit, "quiet"),
    diffTable(areText ? "Line" : "From byte", heads, shown(numbered(found, areText), all)),
  ];
}

function linesOf({ text, base64 }, asText) {
  if (asText) return text.split("\n", MAX_LINES + 1);
  return hex(base64, 16 * (MAX_LINES + 1)).split("\n").map((line) => line.slice(10));
}

/** Yield the lines with their numbers in the first delivery that has them. */
function* numbered(lines, asText) {
  const next = { one: 0, other: 0 };
  for (const line of lines) {
    const at = line.one === null ? next.other : next.one;
    for (const side of ["one", "other"]) if (line[side] !== null) next[side] += 1;
    yield { ...line, place: String(asText ? at + 1 : at * 16) };
  }
}
