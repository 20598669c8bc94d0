// The live page, put together: who is told of what, and which control does what.
import { showCounts } from "./counts.js";
import * as dialogs from "./dialogs.js";
import * as empty from "./empty.js";
import * as filters from "./filters.js";
import { Held } from "./held.js";
import * as keys from "./keys.js";
import { List } from "./list.js";
import { Live } from "./live.js";
import { Marked } from "./marked.js";
import { News } from "./news.js";
import { Reading } from "./reading.js";
import { Side } from "./side.js";
import { steps } from "./steps.js";
import { Totals } from "./totals.js";

const at = (id) => document.getElementById(id);
const held = new Held();
const list = new List(held);
const news = new News();
const totals = new Totals(showAll, () => filters.query().size && live.again());
const reading = new Reading(held, (page) => (page === null ? showAll() : totals.take(page)));
const side = new Side(chosen, said);
const marked = new Marked(compare);
const step = steps(list, side, marked);
const live = new Live({
  read,
  has: (id) => held.has(id),
  came,
  changed,
  state,
});
let isAsked = false; // the filters are others, and what they show is to be said

async function read(signal) {
  await reading.newest(signal);
  if (isAsked) news.say(at(held.deliveries.length ? "count" : "nothing-what").textContent);
  isAsked = false;
}

function showAll() {
  list.draw();
  showCounts(held, totals.known, reading.isSearching);
  filters.offer(totals.known.events, totals.known.paths);
  empty.write(totals.known.events);
}

function came(delivery) {
  const isHeld = held.add(delivery);
  totals.count();
  news.tell(delivery);
  side.refresh(delivery);
  if (isHeld) showAll();
}

function changed(delivery) {
  held.change(delivery);
  side.refresh(delivery);
  list.draw();
}

function said(words) {
  at("said").textContent = words;
}

function state(words, isLive, isFinal = false) {
  if (at("state").textContent !== words) at("state").textContent = words;
  at("state").classList.toggle("live", isLive);
  if (isFinal || isLive) said(isFinal ? words : "");
}

/** These stand beside the list now. */
function chosen(ids) {
  list.chosen = new Set(ids);
  list.sought = ids[0] ?? null;
  if (ids.length === 2) marked.set(ids);
  else if (marked.ids.length === 2) marked.set([]);
  showMarked();
}

/** These are marked now; two are compared. */
function compare(ids) {
  list.compared = new Set(ids);
  const isShown = ids.every((id) => side.ids.includes(id));
  if (ids.length === 2 && !isShown) side.open(ids.toSorted((one, other) => one - other));
  else if (ids.length === 1 && side.ids.length === 2) side.close();
  showMarked();
}

function showMarked() {
  const isMarked = marked.ids.includes(side.ids[0]);
  const other = marked.ids.length === 1 && !isMarked ? ` with ${marked.ids[0]}` : "";
  at("mark").textContent = `Compare${other}`;
  at("mark").setAttribute("aria-pressed", String(isMarked));
  list.draw();
}

/** Load older deliveries; whoever came by the keyboard goes on at the first of them. */
async function older() {
  const before = list.ids();
  const isFocused = document.activeElement === at("older");
  const reads = reading.older();
  if (isFocused && !at("stop").hidden) at("stop").focus();
  await reads;
  if (!isFocused) return;
  const isFresh = ({ newest }) => newest.id < before.at(-1) && !before.includes(newest.id);
  const first = held.groups().find(isFresh);
  if (first) list.focused = first.newest.id;
  else at("older").focus();
  list.draw();
}

function press(id) {
  if (at(id).hidden) return false;
  at(id).click();
  return true;
}

const clicks = {
  newer: () => reading.newest(live.session.signal).catch((error) => said(error.message)),
  older: () => older().catch((error) => said(error.message)),
  stop: () => reading.stop(),
  above: () => step.move(-1),
  below: () => step.move(1),
  anew: () => side.again(),
  mark: () => marked.toggle(side.ids[0]),
  close: () => step.close(),
  "show-clear": () => dialogs.showClear(totals.known.total),
  "nothing-drop": () => filters.drop(),
};
for (const [id, act] of Object.entries(clicks)) at(id).addEventListener("click", act);

at("rows").addEventListener("change", (event) =>
  marked.toggle(Number(event.target.closest("tr").dataset.id)),
);
at("rows").addEventListener("click", (event) => {
  const isSelecting = getSelection().toString() !== "";
  if (isSelecting || event.target.closest("a, button, input, label")) return;
  event.target.closest("tr").querySelector(".open").click();
});

keys.begin({
  j: () => step.move(1),
  k: () => step.move(-1),
  ArrowDown: () => step.move(1),
  ArrowUp: () => step.move(-1),
  ArrowRight: () => step.fold(true),
  ArrowLeft: () => step.fold(false),
  c: () => step.mark(),
  e: () => dialogs.showExport(),
  o: () => press("older"),
  "/": () => at("filter-text").focus(),
  "?": () => dialogs.showKeys(),
  Escape: () => step.leave(),
});
filters.begin(() => {
  isAsked = true;
  reading.stop();
  held.leave();
  list.greatest = Infinity;
  live.begin();
});
empty.begin();
dialogs.begin(step.close, said);
side.take(false);
live.begin();
