// Tables of the newest items of each kind.
import { rows } from "./render.js";

export const AT_ONCE = 50; // rows of each table
/** Of each kind, by number: the row, and the value that it shows. */
export const known = { requests: new Map(), deliveries: new Map(), tokens: new Map() };
const at = (id) => document.getElementById(id);

/** Show the newest of a kind; rows that have not changed stay as they are, focus and all. */
export function list(kind, found) {
  const rest = new Map(known[kind]);
  known[kind].clear();
  const body = at(kind).tBodies[0];
  found.forEach((one, place) => {
    const text = JSON.stringify(one);
    const before = rest.get(one.id);
    let element = before?.element;
    if (before?.text !== text) {
      element = rows[kind](one);
      const focused = before?.element.contains(document.activeElement);
      before?.element.replaceWith(element);
      if (focused) element.querySelector("button").focus();
    }
    if (body.rows[place] !== element) body.insertBefore(element, body.rows[place] ?? null);
    known[kind].set(one.id, { element, text, value: one });
    rest.delete(one.id);
  });
  for (const { element } of rest.values()) element.remove();
  at(kind).hidden = found.length === 0;
  const full = found.length === AT_ONCE;
  at(`${kind}-count`).textContent = full ? `the newest ${AT_ONCE}` : String(found.length || "none");
}
