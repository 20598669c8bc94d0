// Tables of the newest items of each kind.
import { rows } from "./render.js";

export const AT_ONCE = 50; // rows of each table
/** Rows and their values for each kind, by id. */
export const known = { requests: new Map(), deliveries: new Map(), tokens: new Map() };
const at = (id) => document.getElementById(id);

/** Show the newest items of a kind; unchanged rows keep their element and focus. */
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
  at(`${kind}-count`).textContent = full ? `newest ${AT_ONCE}` : String(found.length || "none");
}
