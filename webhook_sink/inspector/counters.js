// Counters: numbers of stored and listed deliveries, and the controls that load more.
import { request } from "./api.js";
import { query, words } from "./filters.js";

const REFRESH_DELAY_MS = 1000;

export class Totals {
  /** `changed` is called after each update, `judged` once all deliveries are judged. */
  constructor(changed, judged) {
    this.known = { total: 0, removed: 0, unjudged: 0, events: [], paths: [] };
    this.changed = changed;
    this.judged = judged;
    this.timer = null;
  }

  /** Take the totals from a response of the list. */
  take({ total, removed, unjudged, events, paths }) {
    const isJudged = this.known.unjudged > 0 && unjudged === 0;
    this.known = { total, removed, unjudged, events, paths };
    this.changed();
    if (isJudged) this.judged();
    if (unjudged) this.later();
  }

  /** Count a new delivery. */
  count() {
    this.known.total += 1;
    this.later();
  }

  /** Request the totals after a delay. */
  later() {
    this.timer ??= setTimeout(async () => {
      this.timer = null;
      try {
        this.take(await request("deliveries?newest=1&limit=1"));
      } catch {
        // The stream reports an unreachable sink.
      }
    }, REFRESH_DELAY_MS);
  }
}

const at = (id) => document.getElementById(id);
const many = (number) => number.toLocaleString("en");
const deliveries = (number) => (number === 1 ? "1 delivery" : `${many(number)} deliveries`);

function show(id, text) {
  at(id).hidden = text === "";
  if (at(id).textContent !== text) at(id).textContent = text;
}

/**
 * Show how many deliveries are listed. `known` are the last totals of the sink; `searches` says
 * whether a search through older deliveries is running.
 */
export function showCounters(model, known, searches) {
  const count = model.deliveries.length;
  const isFiltered = query().size > 0;
  const looks = searches && isFiltered; // without filters one response is complete
  const isAll = model.next === null && model.isNewest;
  const matches = `${many(count)} of ${many(known.total)} ${isAll ? "match" : "match so far"}`;
  show("count", count === 0 ? "" : isFiltered ? matches : `${many(known.total)} in total`);
  show("newer", model.isNewest ? "" : newer(model.newer));
  at("empty").hidden = count > 0 || known.total > 0;
  at("nothing").hidden = count > 0 || looks || !at("empty").hidden || !isFiltered;
  at("nothing-what").textContent = nothing(model, known);
  at("stop").hidden = !looks;
  const further = isFiltered ? "Search further back" : "Older";
  show("older", looks || model.next === null ? "" : further);
  show("progress", progress(model, looks, isFiltered));
  show("removed", known.removed ? removed(known) : "");
  show("unjudged", known.unjudged ? judging(known.unjudged, isFiltered) : "");
}

function newer(count) {
  return count ? `Back to the newest: ${many(count)} new` : "Back to the newest";
}

function nothing(model, known) {
  const looked = model.next === null ? "" : `, back to delivery ${many(model.next)},`;
  return `None of the ${deliveries(known.total)}${looked} matches the filters: ${words().join("; ")}.`;
}

function progress(model, looks, isFiltered) {
  if (looks) return `Searching; back to delivery ${many(model.next)} so far`;
  return isFiltered && model.next !== null ? `Searched back to delivery ${many(model.next)}` : "";
}

function removed({ removed: count }) {
  const ones = count === 1 ? "1 older delivery" : `${many(count)} older deliveries`;
  return `Retention (--keep-count, --keep-age, --keep-size) removed ${ones}.`;
}

function judging(count, isFiltered) {
  const rest = isFiltered ? "; matches appear afterwards" : "";
  return `Checking ${count === 1 ? "1 older delivery" : `${many(count)} older deliveries`}${rest}.`;
}
