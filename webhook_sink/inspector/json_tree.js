// JSON tree of the payload, with findings at their positions. A part is built when it is opened.
import { below, lastPlaces, members, valueAt } from "./json_tokenizer.js";
import { all, findingsByPosition } from "./finding_positions.js";
import { button, pluralize, createLongText, createElement } from "./elements.js";
import { visible } from "./text.js";

const FIRST_MEMBERS = 100; // members of one part in the first step
const FURTHER_MEMBERS = 500; // in each further step
const FEW_MEMBERS = 5; // members beside a finding, after MAX_ROWS
const MAX_ROWS = 2000; // rows that are built initially
const MAX_DEPTH = 40; // nested parts on the page
const SMALL_PAYLOAD_CHARS = 20_000; // a shorter payload without findings is fully open

/**
 * Return the tree of a document with `findings`: its `element`, and `reveal`, which shows the
 * position of a finding and moves the focus there.
 */
export function tree(document, findings) {
  const element = createElement("div", undefined, "tree");
  const mark = findingsByPosition(findings);
  const isSmall = document.text.length <= SMALL_PAYLOAD_CHARS && all(mark).length === 0;
  const view = { document, element, isSmall, left: MAX_ROWS, rows: new Map() };
  const whole = createElement("ul");
  whole.append(row(view, { value: valueAt(document) }, "", mark, 0));
  view.whole = whole;
  element.append(whole);
  return { element, reveal: (found) => reveal(view, view.rows.get(found)) };
}

function reveal(view, item) {
  if (!view.element.contains(item)) view.element.replaceChildren(view.whole);
  for (let part = item.closest("details"); part; part = part.parentElement.closest("details"))
    part.open = true;
  item.focus({ preventScroll: true });
  item.scrollIntoView({ block: "center" });
}

/** Show one part alone, for parts below MAX_DEPTH. */
function showAlone(view, member, pointer, mark) {
  const back = button("Show the whole payload", () => {
    view.element.replaceChildren(view.whole);
    view.whole.querySelector("summary").focus();
  });
  const place = createElement("p", "Part at ", "quiet");
  place.append(createLongText("code", pointer), " ", back);
  const list = createElement("ul");
  list.append(row(view, { value: member.value }, pointer, mark, 0));
  view.element.replaceChildren(place, list);
  back.focus();
}

function row(view, member, pointer, mark, depth) {
  const item = createElement("li", undefined, mark.here.length ? verdictTone(mark.here) : undefined);
  item.dataset.pointer = pointer;
  const { count } = member.value;
  const isOpened = count > 0 && depth < MAX_DEPTH;
  const notes = notesOf(view, item, isOpened ? mark.here : all(mark));
  view.left -= 1;
  if (isOpened) item.append(part(view, member, pointer, mark, depth, notes));
  else item.append(leaf(view, member, pointer, mark), ...notes);
  return item;
}

function part(view, member, pointer, mark, depth, notes) {
  const details = createElement("details");
  const summary = createElement("summary");
  const list = createElement("ul");
  const kind = createElement("span", sizeOf(member.value), "kind");
  summary.append(...named(member), kind, ...again(member), ...notes);
  details.append(summary, list);
  const fill = () => {
    if (!list.hasChildNodes()) list.append(...partsOf(view, member.value, pointer, mark, depth));
  };
  const isFree = view.left > 0 && (view.isSmall || member.isOnly);
  if (depth === 0 || mark.below.size > 0 || isFree) {
    fill();
    details.open = true;
  }
  details.addEventListener("toggle", fill);
  return details;
}

function leaf(view, member, pointer, mark) {
  const line = createElement("div", undefined, "line");
  const { kind, at, end, count } = member.value;
  line.append(...named(member));
  if (count > 0) {
    const open = button("show separately", () => showAlone(view, member, pointer, mark), "more");
    line.append(createElement("span", sizeOf(member.value), "kind"), " ", open);
  } else line.append(createLongText("span", view.document.text.slice(at, end), `token ${kind}`));
  line.append(...again(member));
  return line;
}

/** Return the raw name of a member; the root has none. */
function named({ name, token }) {
  if (token === undefined) return [];
  const key = name === null ? createElement("span", token, "key index") : createLongText("span", name, "key", 200);
  return [key, createElement("span", ": ", "kind")];
}

function again({ isAgain }) {
  return isAgain ? [createElement("span", " is repeated below; the last one counts", "again")] : [];
}

function sizeOf({ kind, count }) {
  return kind === "object" ? `{ ${pluralize(count, "member")} }` : `[ ${pluralize(count, "item")} ]`;
}

function partsOf(view, parent, pointer, mark, depth) {
  const last = lastPlaces(view.document, parent, mark.below);
  const here = { parent, pointer, mark, depth, last };
  const wanted = new Set(mark.below.keys());
  const most = view.left > 0 ? FIRST_MEMBERS : FEW_MEMBERS;
  const rows = listed(view, here, { count: parent.count, most, wanted });
  return [...Array.from(wanted, (token) => absent(view, here, token)), ...rows];
}

/** Return rows for the first `most` of `count` members and for each `wanted` token; remove the
 * tokens that were found from `wanted`. */
function listed(view, here, { from, count, most, wanted }) {
  const end = (from?.place ?? 0) + count;
  const rows = [];
  let gap = null;
  for (const member of members(view.document, here.parent, from)) {
    if (member.place === end) break;
    const last = here.last.get(member.token);
    const isAgain = last !== undefined && last !== member.place;
    const isWanted = !isAgain && wanted.delete(member.token);
    if (rows.length < most || isWanted) {
      if (gap) rows.push(more(view, here, gap));
      gap = null;
      const mark = (!isAgain && here.mark.below.get(member.token)) || findingsByPosition([]);
      const place = below(here.pointer, member.token);
      const isOnly = here.parent.count === 1;
      rows.push(row(view, { ...member, isAgain, isOnly }, place, mark, here.depth + 1));
    } else gap = { from: gap?.from ?? member, count: (gap?.count ?? 0) + 1 };
    if (gap && wanted.size === 0) {
      gap.count = end - gap.from.place;
      break;
    }
  }
  if (gap) rows.push(more(view, here, gap));
  return rows;
}

function more(view, here, gap) {
  const item = createElement("li");
  const most = Math.min(FURTHER_MEMBERS, gap.count);
  const left = gap.count.toLocaleString("en");
  const words = most === gap.count ? `show ${left} more` : `show ${most} of ${left} more`;
  const show = () => {
    const rows = listed(view, here, { ...gap, most, wanted: new Set() });
    item.replaceWith(...rows);
    rows[0].tabIndex = -1;
    rows[0].focus();
  };
  item.append(button(words, show, "more"));
  return item;
}

function absent(view, here, token) {
  const found = all(here.mark.below.get(token));
  const item = createElement("li", undefined, `absent ${verdictTone(found)}`);
  item.dataset.pointer = below(here.pointer, token);
  const line = createElement("div", undefined, "line");
  line.append(createLongText("span", JSON.stringify(token), "key", 200), createElement("span", " is missing", "kind"));
  item.append(line, ...notesOf(view, item, found));
  return item;
}

function verdictTone(findings) {
  return findings.some((found) => found.severity === "violation") ? "bad" : "so-so";
}

function notesOf(view, item, findings) {
  if (findings.length) item.tabIndex = -1;
  return findings.map((found) => {
    view.rows.set(found, item);
    const note = createElement("span", undefined, `note ${verdictTone([found])}`);
    note.append(createElement("strong", found.severity), ` ${visible(found.message)}`);
    return note;
  });
}
