// Two deliveries side by side. What they hold may be hostile: it is textContent alone.
import { differences } from "./differences.js";
import { badge, factsOf } from "./facts.js";
import { headerPlaces, isReordered } from "./header_pairs.js";
import { read } from "./json.js";
import { lineDifferences } from "./lines.js";
import { placesTable } from "./places.js";
import { hex } from "./text.js";
import { button, made } from "./token.js";

const MOST_LINES = 20_000; // of each body; of bytes, 16 are a line

/** Fill `section` with what differs between two deliveries as the API gives them whole. */
export function showComparison(section, one, other) {
  const heads = [`Delivery ${one.id}`, `Delivery ${other.id}`];
  const body = made("div", undefined, "compared");
  const choice = made("div", undefined, "choice");
  choice.setAttribute("role", "group");
  choice.setAttribute("aria-label", "What is shown");
  const show = (all) => {
    for (const [place, pressed] of [!all, all].entries())
      choice.children[place].setAttribute("aria-pressed", String(pressed));
    body.replaceChildren(...parts(heads, one, other, all));
  };
  choice.append(button("Differences only", () => show(false)), button("Everything", () => show(true)));
  show(false);
  const title = made("h2", `Deliveries ${one.id} and ${other.id}`);
  title.id = "detail-title";
  title.tabIndex = -1;
  section.replaceChildren(title, choice, body);
}

function parts(heads, one, other, all) {
  const places = (name, found) => placesTable(name, heads, shown(found, all));
  const reordered = made("p", "The headers that both have come in another order.", "quiet");
  reordered.hidden = !isReordered(one.headers, other.headers);
  return [
    made("h3", "Facts"),
    places("Fact", factPlaces(one, other)),
    made("h3", "Headers"),
    reordered,
    places("Header", headerPlaces(one.headers, other.headers)),
    made("h3", "Payload"),
    ...bodies(heads, one, other, all),
  ];
}

function* shown(places, all) {
  for (const place of places) if (all || place.state !== "same") yield place;
}

function* factPlaces(one, other) {
  const [left, right] = [one, other].map((delivery) => [
    ["Verdict", badge(delivery)],
    ...factsOf(delivery),
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
  const cell = made("span");
  cell.append(...fact.slice(1));
  return cell;
}

function bodies(heads, one, other, all) {
  if (one.body.base64 === other.body.base64 && !all)
    return [made("p", "Both bodies are the same, byte for byte.", "quiet")];
  const documents = [one, other].map(({ body }) => (body.text === null ? null : read(body.text)));
  if (documents.every(Boolean)) {
    const found = shown(differences(...documents, all), true);
    const nothing = "The same values at every place: only the layout or the order of names differs.";
    return [placesTable("Place", heads, found, nothing)];
  }
  const areText = one.body.text !== null && other.body.text !== null;
  const [left, right] = [one, other].map(({ body }) => linesOf(body, areText));
  const isCut = left.length > MOST_LINES || right.length > MOST_LINES;
  const words = areText ? "Not both are JSON: compared by lines." : "Not both are text: compared by bytes.";
  const limit = isCut ? ` Only the first ${MOST_LINES.toLocaleString("en")} lines are compared.` : "";
  const found = lineDifferences(left.slice(0, MOST_LINES), right.slice(0, MOST_LINES));
  return [
    made("p", words + limit, "quiet"),
    placesTable(areText ? "Line" : "From byte", heads, shown(numbered(found, areText), all)),
  ];
}

function linesOf({ text, base64 }, asText) {
  if (asText) return text.split("\n", MOST_LINES + 1);
  return hex(base64, 16 * (MOST_LINES + 1)).split("\n").map((line) => line.slice(10));
}

/** Yield the lines with their numbers, in the first of the two that has them. */
function* numbered(lines, asText) {
  const next = { one: 0, other: 0 };
  for (const line of lines) {
    const at = line.one === null ? next.other : next.one;
    for (const side of ["one", "other"]) if (line[side] !== null) next[side] += 1;
    yield { ...line, place: String(asText ? at + 1 : at * 16) };
  }
}
