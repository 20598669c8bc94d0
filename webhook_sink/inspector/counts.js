// What the page says about how much there is, of what, and how to come by the rest.
import { query, words } from "./filters.js";

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
export function showCounts(held, known, searches) {
  const count = held.deliveries.length;
  const isFiltered = query().size > 0;
  const looks = searches && isFiltered; // otherwise one answer has all that is asked for
  const isAll = held.next === null && held.isNewest;
  const fit = `${many(count)} of ${many(known.total)} ${isAll ? "fit" : "fit so far"}`;
  show("count", count === 0 ? "" : isFiltered ? fit : `${many(known.total)} in all`);
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
  return count ? `Back to the newest: ${many(count)} came` : "Back to the newest";
}

function nothing(held, known) {
  const looked = held.next === null ? "" : `, back to delivery ${many(held.next)},`;
  return `None of the ${deliveries(known.total)}${looked} fits the filters: ${words().join("; ")}.`;
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
  const rest = isFiltered ? "; those that fit are listed when that is done" : "";
  return `Judging ${count === 1 ? "1 older one" : `${many(count)} older ones`}${rest}.`;
}
