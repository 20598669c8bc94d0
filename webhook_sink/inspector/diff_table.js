// Table of the differences between two deliveries.
import { button, createLongText, createElement } from "./elements.js";
import { table } from "./related_sections.js";
import { visible } from "./text.js";

const PAGE_SIZE = 200; // rows of the first and of each further step
const MAX_MARKED_CHARS = 2000; // maximum length of a token whose differing part is marked
const WORDS = { same: "same", changed: "changed", written: "written differently" };

/** Make the table of the rows that `places` yields; a button shows further rows. */
export function diffTable(name, heads, places, nothing = "No difference.") {
  const element = table(`${name}: both deliveries`, [name, ...heads, "Difference"], []);
  element.className = "places";
  const wrapper = createElement("div", undefined, "wide");
  const more = button("show more", () => add());
  more.className = "more";
  const add = () => {
    const rows = [];
    for (let place = places.next(); ; place = places.next()) {
      if (place.done) {
        more.remove();
        break;
      }
      rows.push(rowOf(place.value, heads));
      if (rows.length === PAGE_SIZE) break;
    }
    element.tBodies[0].append(...rows);
  };
  wrapper.append(element, more);
  add();
  return element.tBodies[0].rows.length ? wrapper : createElement("p", nothing, "quiet");
}

function rowOf({ place, one, other, state }, heads) {
  const row = createElement("tr", undefined, state);
  const head = createLongText("th", place || "the whole payload", undefined, 200);
  head.scope = "row";
  const only = { removed: `only in ${heads[0]}`, added: `only in ${heads[1]}` };
  const words = createElement("td", WORDS[state] ?? only[state].toLowerCase(), "state-of");
  row.append(head, ...cells(one, other, state), words);
  return row;
}

function cells(one, other, state) {
  const areText = typeof one === "string" && typeof other === "string";
  if (state === "changed" && areText && Math.max(one.length, other.length) <= MAX_MARKED_CHARS)
    return marked(one, other);
  return [one, other].map((value) => {
    if (typeof value === "string") return createLongText("td", value);
    const cell = createElement("td");
    if (value) cell.append(value);
    else cell.append(createElement("span", "none", "unseen"));
    return cell;
  });
}

/** Make a cell for each text; mark the part between the common prefix and suffix. */
function marked(one, other) {
  const [left, right] = [Array.from(one), Array.from(other)];
  const least = Math.min(left.length, right.length);
  let start = 0;
  while (start < least && left[start] === right[start]) start += 1;
  let tail = 0;
  while (tail < least - start && left.at(-1 - tail) === right.at(-1 - tail)) tail += 1;
  return [left, right].map((text) => {
    const cell = createElement("td");
    const end = text.length - tail;
    cell.append(
      visible(text.slice(0, start).join("")),
      createElement("mark", visible(text.slice(start, end).join(""))),
      visible(text.slice(end).join("")),
    );
    return cell;
  });
}
