// Filters: in the form, in the URL, and in requests to the sink.
import { createElement } from "./elements.js";

const NAMES = ["text", "event", "verdict", "signature", "path"];
const TYPING_DELAY_MS = 300; // from the last key until the search begins
const at = (id) => document.getElementById(id);
const field = (name) => at(`filter-${name}`);

/** Return the filters that are set, as a query. */
export function query() {
  const asked = new URLSearchParams();
  for (const name of NAMES) if (field(name).value) asked.set(name, field(name).value);
  return asked;
}

/** Return the filters that are set, in words. */
export function words() {
  const chosen = (name) => field(name).selectedOptions?.[0].textContent;
  return [...query()].map(([name, value]) => `${name}: ${chosen(name) ?? value}`);
}

/** Clear all filters. */
export function drop() {
  for (const name of NAMES) field(name).value = "";
  changed();
}

let changed = () => {};

/** Offer the events of the contract, and the paths of deliveries. */
export function offer(events, paths) {
  for (const event of events) addOption("event", event);
  field("event").append(field("event").querySelector("[value='-']")); // keep it last
  const offered = Array.from(at("paths").options, (option) => option.value);
  if (offered.join("\n") === paths.join("\n")) return;
  const options = paths.map((path) => {
    const option = createElement("option");
    option.value = path;
    return option;
  });
  at("paths").replaceChildren(...options);
}

function addOption(name, value) {
  if ([...field(name).options].some((option) => option.value === value)) return;
  const option = createElement("option", value);
  option.value = value;
  field(name).append(option);
}

/** Set the filters from the URL; the sink rejects invalid values. */
function takeFromAddress() {
  const address = new URLSearchParams(location.search);
  for (const name of NAMES) {
    const value = address.get(name) ?? "";
    if (value && field(name).options) addOption(name, value);
    field(name).value = value;
  }
}

/** Attach the event handlers; `act` is called after each change of the filters. */
export function begin(act) {
  let typing;
  changed = () => {
    clearTimeout(typing);
    const asked = query().toString();
    const address = `${location.pathname}${asked && `?${asked}`}${location.hash}`;
    history.replaceState(null, "", address);
    at("drop").hidden = asked === "";
    if (asked !== known) act();
    known = asked;
  };
  takeFromAddress();
  let known = query().toString();
  at("drop").hidden = known === "";
  addEventListener("popstate", () => {
    takeFromAddress();
    changed();
  });
  at("filters").addEventListener("submit", (event) => {
    event.preventDefault();
    changed();
  });
  at("filters").addEventListener("input", (event) => {
    clearTimeout(typing);
    typing = setTimeout(changed, event.target.options ? 0 : TYPING_DELAY_MS);
  });
  at("drop").addEventListener("click", () => {
    drop();
    field("text").focus();
  });
}
