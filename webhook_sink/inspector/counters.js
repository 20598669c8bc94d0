// Counters: how many deliveries the sink holds, how many are listed, and how to load the rest.
import { request } from "./api.js";
import { query, words } from "./filters.js";

const REFRESH_DELAY_MS = 1000;

export class Totals {
  /** `changed` is called when the numbers are others; `judged` when none is left to judge. */
  constructor(changed, judged) {
    this.known = { total: 0, removed: 0, unjudged: 0, events: [], paths: [] };
    this.changed = changed;
    this.judged = judged;
    this.timer = null;
  }

  /** Take what an answer of the list says. */
  take({ total, removed, unjudged, events, paths }) {
    const isJudged = this.known.unjudged > 0 && unjudged === 0;
    this.known = { total, removed, unjudged, events, paths };
    this.changed();
    if (isJudged) this.judged();
    if (unjudged) this.later();
  }

  /** One more came. */
  count() {
    this.known.total += 1;
    this.later();
  }

  /** Look them up, soon. */
  later() {
    this.timer ??= setTimeout(async () => {
      this.timer = null;
      try {
        this.take(await request("deliveries?newest=1&limit=1"));
      } catch {
        // Whether the sink answers is said by the stream.
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
 * Show how much is held of how much. `known` is what the sink said last; `searches` says whether
 * older deliveries are being looked through.
 */
export function showCounters(held, known, searches) {
  const count = held.deliveries.length;
  const isFiltered = query().size > 0;
  const looks = searches && isFiltered; // otherwise one answer has all that is asked for
  const isAll = held.next === null && held.isNewest;
  const matches = `${many(count)} of ${many(known.total)} ${isAll ? "match" : "match so far"}`;
  show("count", count === 0 ? "" : isFiltered ? matches : `${many(known.total)} in all`);
  show("newer", held.isNewest ? "" : newer(held.newer));
  at("empty").hidden = count > 0 || known.total > 0;
  at("nothing").hidden = count > 0 || looks || !at("empty").hidden || !isFiltered;
  at("nothing-what").textContent = nothing(held, known);
  at("stop").hidden = !looks;
  const further = isFiltered ? "Search further back" : "Older";
  show("older", looks || held.next === null ? "" : further);
  show("progress", progress(held, looks, isFiltered));
  show("removed", known.removed ? removed(known) : "");
  show("unjudged", known.unjudged ? judging(known.unjudged, isFiltered) : "");
}

function newer(count) {
  return count ? `Back to the newest: ${many(count)} new` : "Back to the newest";
}

function nothing(held, known) {
  const looked = held.next === null ? "" : `, back to delivery ${many(held.next)},`;
  return `None of the ${deliveries(known.total)}${looked} matches the filters: ${words().join("; ")}.`;
}

function progress(held, looks, isFiltered) {
  if (looks) return `Searching; back to delivery ${many(held.next)} so far`;
  return isFiltered && held.next !== null ? `Searched back to delivery ${many(held.next)}` : "";
}

function removed({ removed: count }) {
  const ones = count === 1 ? "1 older one was" : `${many(count)} older ones were`;
  return `${ones} removed, as --keep-count, --keep-age or --keep-size says.`;
}

function judging(count, isFiltered) {
  const rest = isFiltered ? "; matches are listed afterwards" : "";
  return `Checking ${count === 1 ? "1 older one" : `${many(count)} older ones`}${rest}.`;
}
