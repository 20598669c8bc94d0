// Filters: in the form, in the URL, and in requests to the sink.
import { createElement } from "./elements.js";

const NAMES = ["text", "event", "verdict", "signature", "path"];
const TYPING_DELAY_MS = 300; // without a key before the text is searched
const at = (id) => document.getElementById(id);
const field = (name) => at(`filter-${name}`);

/** Return the filters as a query, without those that let everything through. */
export function query() {
  const asked = new URLSearchParams();
  for (const name of NAMES) if (field(name).value) asked.set(name, field(name).value);
  return asked;
}

/** Return the words of the filters that are set. */
export function words() {
  const chosen = (name) => field(name).selectedOptions?.[0].textContent;
  return [...query()].map(([name, value]) => `${name}: ${chosen(name) ?? value}`);
}

/** Let everything through. */
export function drop() {
  for (const name of NAMES) field(name).value = "";
  changed();
}

let changed = () => {};

/** Offer the events that the contract knows, and the paths that deliveries came to. */
export function offer(events, paths) {
  for (const event of events) addOption("event", event);
  field("event").append(field("event").querySelector("[value='-']")); // it comes last
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

/** Set the filters to what the address says; what cannot be is for the sink to refuse. */
function takeFromAddress() {
  const address = new URLSearchParams(location.search);
  for (const name of NAMES) {
    const value = address.get(name) ?? "";
    if (value && field(name).options) addOption(name, value);
    field(name).value = value;
  }
}

/** Begin; `act` is called whenever the filters have changed. */
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
