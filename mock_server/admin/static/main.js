// Admin page: polls the API once a second while visible, and sends overrides and resets.
import { Locked, ask, isLocked, keep, takeFromAddress } from "./api.js";
import * as compose from "./compose.js";
import { AT_ONCE, known, list } from "./lists.js";
import { details, made, settingPairs } from "./render.js";

const EVERY = 1000; // milliseconds between two polls
const at = (id) => document.getElementById(id);
let chosen = null; // kind and id of the item in the detail
let shown = ""; // JSON of that item
let faults = new Map();
let receivers = [];

function state(words, live = false) {
  if (at("state").textContent === words) return;
  at("state").textContent = words;
  at("state").classList.toggle("live", live);
}

function showReceivers(receivers) {
  const dropped = receivers.filter((r) => r.dropped);
  const words = receivers.length
    ? dropped.map((r) => `${r.dropped} to ${r.number}: ${r.origin} were dropped: too many are pending.`)
    : ["No receivers. Start the mock with --webhook-url."];
  at("receivers").textContent = words.join(" ");
  at("receivers").hidden = words.length === 0;
}

function showSettings({ contract, settings }, receivers) {
  const { title, version } = contract;
  at("contract").textContent = `${title} ${version}`;
  at("contract").title = at("contract").textContent;
  at("settings").replaceChildren(...settingPairs(settings, receivers));
}

function showOverrides(overrides) {
  const what = ({ fault, delay, response }) =>
    fault ?? (response ? `response ${response.status}` : `a delay of ${delay} s`);
  const words = (one) =>
    `${what(one)}, for ${one.requests} ${one.requests === 1 ? "request" : "requests"}`;
  const lines = overrides.map(words);
  if (lines.join("\n") === at("overrides").dataset.lines) return;
  at("overrides").dataset.lines = lines.join("\n");
  at("overrides").replaceChildren(...lines.map((line) => made("li", line)));
  at("off").hidden = lines.length === 0;
}

/** Show the current state of the selected item. */
function showDetail(byHand = false) {
  at("detail").hidden = chosen === null;
  document.querySelector(".records").classList.toggle("with-detail", chosen !== null);
  for (const other of document.querySelectorAll("tr[aria-current]"))
    other.removeAttribute("aria-current");
  if (chosen === null) return;
  const one = known[chosen.kind].get(chosen.id);
  one?.element.setAttribute("aria-current", "true");
  const value = one?.value ?? chosen.value;
  if (value && JSON.stringify(value) !== shown) {
    shown = JSON.stringify(value);
    const names = { requests: "Request", deliveries: "Delivery", tokens: "Token" };
    at("detail-title").textContent = `${names[chosen.kind]} ${chosen.id}`;
    const focused = at("detail-body").contains(document.activeElement);
    at("detail-body").replaceChildren(...details[chosen.kind](value));
    if (focused) at("detail-body").querySelector("button")?.focus();
  }
  if (!byHand) return;
  at("detail-title").focus({ preventScroll: true });
  at("detail").scrollIntoView({ block: "nearest" });
}

async function choose(opens) {
  const [kind, number] = opens.split("/");
  chosen = { kind, id: Number(number) };
  shown = "";
  // Fetch an item that is no longer in the list.
  if (!known[kind].has(chosen.id)) chosen.value = await ask(opens);
  showDetail(true);
}

async function look() {
  const paths = Object.keys(known).map((kind) => `${kind}?limit=${AT_ONCE}`);
  const [requests, deliveries, tokens, next] = await Promise.all(
    [...paths, "switches"].map((path) => ask(path)),
  );
  list("requests", requests.requests);
  list("deliveries", deliveries.deliveries);
  list("tokens", tokens.tokens);
  showReceivers(deliveries.receivers);
  receivers = deliveries.receivers;
  showOverrides(next.overrides);
  showWhatToDo();
  showDetail();
  at("main").hidden = false;
  at("key").hidden = true;
  state("live", true);
}

/** Offer the first request while there is none; its commands arrive after the first list. */
function showWhatToDo() {
  at("empty").hidden = known.requests.size > 0 || !at("curl").textContent;
}

async function begin() {
  const paths = ["faults", "calls", "settings"];
  const [listed, { calls }, running] = await Promise.all(paths.map((path) => ask(path)));
  compose.offer(calls);
  showSettings(running, receivers);
  faults = new Map(listed.faults.map((fault) => [fault.name, fault]));
  const options = listed.faults.map(({ name, description }) => {
    const option = made("option", description);
    option.value = name;
    return option;
  });
  at("faults").replaceChildren(...options);
  const key = isLocked() ? '-H "Authorization: Bearer $HOOKPROOF_CONTROL_TOKEN" ' : "";
  const path = `${location.origin}/_hookproof/api/token`;
  const issued = `TOKEN=$(curl -s ${key}${path} | cut -d '"' -f 4)`;
  at("curl").textContent = [issued, ...calls.slice(0, 1).map((call) => call.curl)].join("\n");
  showWhatToDo();
}

function locked(error) {
  at("key-said").textContent = error.message;
  state("locked");
  if (!at("key").hidden) return;
  at("key").hidden = false;
  at("main").hidden = true;
  at("key-token").focus();
}

/** Poll forever; after an error retry. */
async function follow() {
  let begun = false;
  for (;;) {
    try {
      if (!document.hidden) {
        await look();
        if (!begun) await begin();
        begun = true;
      }
    } catch (error) {
      if (error instanceof Locked) locked(error);
      else state(`the mock does not respond: ${error.message}; retrying`);
    }
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, EVERY);
      awake = () => (clearTimeout(timer), resolve());
    });
  }
}
let awake = () => {};

/** Run an action of the user; show its error in `place`. */
async function act(place, doing) {
  place.textContent = "";
  try {
    await doing();
    awake();
  } catch (error) {
    if (error instanceof Locked) locked(error);
    else place.textContent = error.message;
  }
}

function submitted(form, doing) {
  at(form).addEventListener("submit", (event) => {
    event.preventDefault();
    doing();
  });
}

/** Send the composed request, and show its record. */
async function sendComposed() {
  const last = Math.max(0, ...known.requests.keys());
  const sent = await compose.send();
  await look();
  const isSent = ({ id, value }) =>
    id > last && value.method === sent.method && value.target.split("?")[0] === sent.target.split("?")[0];
  const found = [...known.requests].map(([id, { value }]) => ({ id, value })).find(isSent);
  if (found) await choose(`requests/${found.id}`);
}

const number = (id) => at(id).valueAsNumber;
const addOverride = (value) => act(at("next-said"), () => ask("switches", "POST", value));
submitted("fault", () =>
  addOverride({ fault: at("fault-name").value.trim(), requests: number("fault-requests") }),
);
submitted("delay", () =>
  addOverride({ delay: number("delay-seconds"), requests: number("delay-requests") }),
);
submitted("answer", () =>
  act(at("next-said"), () => {
    const headers = Object.fromEntries(compose.headerPairs(at("answer-headers").value));
    const response = { status: number("answer-status"), headers, body: at("answer-body").value };
    return ask("switches", "POST", { response, requests: number("answer-requests") });
  }),
);
submitted("send", () => act(at("send-said"), sendComposed));
submitted("key", () => {
  keep(at("key-token").value.trim());
  at("key-token").value = "";
  awake();
});
at("fault-name").addEventListener("input", () => {
  const { description = "", expected_response: expected } =
    faults.get(at("fault-name").value.trim()) ?? {};
  at("fault-says").textContent = expected
    ? `${description} A receiver should respond ${expected}.`
    : description;
});
at("sample").addEventListener("click", () => act(at("send-said"), sendComposed));
at("off").addEventListener("click", () => act(at("next-said"), () => ask("switches", "DELETE")));
at("reset").addEventListener("click", () => at("sure").showModal());
at("sure").addEventListener("close", () => {
  if (at("sure").returnValue !== "yes") return;
  chosen = null;
  act(at("next-said"), () => ask("reset", "POST"));
});
at("close").addEventListener("click", () => {
  const row = known[chosen.kind].get(chosen.id)?.element;
  chosen = null;
  showDetail();
  row?.querySelector("button").focus();
});
at("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(at("curl").textContent);
  at("copy").textContent = "Copied";
});
document.addEventListener("visibilitychange", () => awake());
document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-opens], [data-redelivers], tbody tr[id]");
  const opens = target?.dataset.opens ?? target?.querySelector("[data-opens]")?.dataset.opens;
  if (opens) act(at("next-said"), () => choose(opens));
  else if (target?.dataset.redelivers)
    act(at("next-said"), () => ask(`deliveries/${target.dataset.redelivers}/redeliver`, "POST"));
});
compose.begin();
takeFromAddress();
follow();
