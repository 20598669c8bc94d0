// Composition of the page: it connects modules, events and controls.
import { request } from "./api.js";
import { showCounters } from "./counters.js";
import * as dialogs from "./dialogs.js";
import * as emptyState from "./empty_state.js";
import * as filters from "./filters.js";
import { ListModel } from "./list_model.js";
import * as shortcuts from "./shortcuts.js";
import { ListView } from "./list_view.js";
import { LiveUpdates } from "./live.js";
import { CompareSelection } from "./compare_selection.js";
import { Announcer } from "./announcer.js";
import { Paginator } from "./paginator.js";
import { DetailPanel } from "./detail_panel.js";
import { Totals } from "./counters.js";
import { visible } from "./text.js";

const at = (id) => document.getElementById(id);
const model = new ListModel();
const list = new ListView(model);
const announcer = new Announcer();
const totals = new Totals(showAll, () => filters.query().size && live.again());
const paginator = new Paginator(model, (page) => (page === null ? showAll() : totals.take(page)));
const panel = new DetailPanel(onOpen, showError);
const selection = new CompareSelection(onSelect);
const navigation = shortcuts.createNavigation(list, panel, selection);
const live = new LiveUpdates({
  read,
  has: (id) => model.has(id),
  onDelivery,
  onChange,
  showState,
});
let isFilterChange = false; // the filters changed, and the result is not announced yet

async function read(signal) {
  await paginator.newest(signal);
  if (isFilterChange) announcer.say(at(model.deliveries.length ? "count" : "nothing-what").textContent);
  isFilterChange = false;
}

function showAll() {
  list.draw();
  showCounters(model, totals.known, paginator.isSearching);
  filters.offer(totals.known.events, totals.known.paths);
  emptyState.write(totals.known.events);
}

function onDelivery(delivery) {
  const isHeld = model.add(delivery);
  totals.count();
  announcer.tell(delivery);
  panel.refresh(delivery);
  if (isHeld) showAll();
}

function onChange(delivery) {
  model.change(delivery);
  panel.refresh(delivery);
  list.draw();
}

function showError(words) {
  at("said").textContent = words;
}

function showState(words, isLive, isFinal = false) {
  if (at("state").textContent !== words) at("state").textContent = words;
  at("state").classList.toggle("live", isLive);
  if (isFinal || isLive) showError(isFinal ? words : "");
}

/** Mark these deliveries as open in the list. */
function onOpen(ids) {
  list.chosen = new Set(ids);
  list.sought = ids[0] ?? null;
  if (ids.length === 2) selection.set(ids);
  else if (selection.ids.length === 2) selection.set([]);
  showSelection();
}

/** Mark these deliveries as selected; compare two. */
function onSelect(ids) {
  list.compared = new Set(ids);
  const isShown = ids.every((id) => panel.ids.includes(id));
  if (ids.length === 2 && !isShown) panel.open(ids.toSorted((one, other) => one - other));
  else if (ids.length === 1 && panel.ids.length === 2) panel.close();
  showSelection();
}

function showSelection() {
  const isMarked = selection.ids.includes(panel.ids[0]);
  const other = selection.ids.length === 1 && !isMarked ? ` with ${selection.ids[0]}` : "";
  at("mark").textContent = `Compare${other}`;
  at("mark").setAttribute("aria-pressed", String(isMarked));
  list.draw();
}

/** Load older deliveries; with the keyboard, the focus moves to the first of them. */
async function older() {
  const before = list.ids();
  const isFocused = document.activeElement === at("older");
  const reads = paginator.older();
  if (isFocused && !at("stop").hidden) at("stop").focus();
  await reads;
  if (!isFocused) return;
  const isFresh = ({ newest }) => newest.id < before.at(-1) && !before.includes(newest.id);
  const first = model.groups().find(isFresh);
  if (first) list.focused = first.newest.id;
  else at("older").focus();
  list.draw();
}

/** Show the contract in the header; without one, the sink only says what came. */
async function showContract() {
  const { contract } = await request("settings");
  const words = contract ? `${contract.title} ${contract.version}` : "no contract";
  at("contract").textContent = at("contract").title = visible(words);
}

function press(id) {
  if (at(id).hidden) return false;
  at(id).click();
  return true;
}

const clicks = {
  newer: () => paginator.newest(live.session.signal).catch((error) => showError(error.message)),
  older: () => older().catch((error) => showError(error.message)),
  stop: () => paginator.stop(),
  above: () => navigation.move(-1),
  below: () => navigation.move(1),
  refresh: () => panel.again(),
  mark: () => selection.toggle(panel.ids[0]),
  close: () => navigation.close(),
  "show-clear": () => dialogs.showClear(totals.known.total),
  "nothing-drop": () => filters.drop(),
};
for (const [id, act] of Object.entries(clicks)) at(id).addEventListener("click", act);

at("rows").addEventListener("change", (event) =>
  selection.toggle(Number(event.target.closest("tr").dataset.id)),
);
at("rows").addEventListener("click", (event) => {
  const isSelecting = getSelection().toString() !== "";
  if (isSelecting || event.target.closest("a, button, input, label")) return;
  event.target.closest("tr").querySelector(".open").click();
});

shortcuts.begin({
  j: () => navigation.move(1),
  k: () => navigation.move(-1),
  ArrowDown: () => navigation.move(1),
  ArrowUp: () => navigation.move(-1),
  ArrowRight: () => navigation.fold(true),
  ArrowLeft: () => navigation.fold(false),
  c: () => navigation.mark(),
  e: () => dialogs.showExport(),
  o: () => press("older"),
  "/": () => at("filter-text").focus(),
  "?": () => dialogs.showKeys(),
  Escape: () => navigation.leave(),
});
filters.begin(() => {
  isFilterChange = true;
  paginator.stop();
  model.leave();
  list.greatest = Infinity;
  live.begin();
});
emptyState.begin(showError);
dialogs.begin(navigation.close, showError);
panel.take(false);
showContract().catch((error) => showError(error.message));
live.begin();
