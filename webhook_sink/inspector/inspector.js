// The live page. What a delivery holds may be hostile: it reaches the page as textContent alone.
import { ask } from "./api.js";
import { showDetail } from "./detail.js";
import { badge } from "./facts.js";
import { visible } from "./text.js";
import { made } from "./token.js";

const AT_ONCE = 200; // deliveries asked for and rows kept
const BESIDE = matchMedia("(min-width: 75rem)"); // the detail stands beside the list
const at = (id) => document.getElementById(id);
let last = 0; // the greatest id in the list
let chosen = null; // the delivery in the detail
let asked = 0; // which click the detail answers

function row(delivery) {
  const element = made("tr");
  element.id = `delivery-${delivery.id}`;
  const time = made("time", new Date(delivery.received_at * 1000).toLocaleTimeString("en-GB"));
  time.dateTime = new Date(delivery.received_at * 1000).toISOString();
  const open = made("button", undefined, "open");
  open.type = "button";
  open.append(
    made("span", delivery.method, "method"),
    made("span", visible(delivery.target), "target"),
  );
  const cells = [made("td", String(delivery.id), "number"), made("td", undefined, "when")];
  cells[1].append(time);
  for (const content of [open, made("span", delivery.event ?? "no known event"), badge(delivery)]) {
    const cell = made("td");
    cell.append(content);
    cells.push(cell);
  }
  cells[3].className = delivery.event ? "event" : "quiet event";
  element.append(...cells);
  element.addEventListener("click", () => show(delivery.id, true));
  return element;
}

function add(deliveries) {
  for (const delivery of deliveries) {
    if (delivery.id <= last) continue;
    last = delivery.id;
    at("rows").prepend(row(delivery));
  }
  while (at("rows").rows.length > AT_ONCE) at("rows").lastChild.remove();
  const shown = at("rows").rows.length;
  at("table").hidden = shown === 0;
  at("empty").hidden = shown > 0;
  at("count").textContent =
    last > shown ? `the newest ${shown} of ${last}` : shown ? `${shown} so far` : "";
}

function showChosen() {
  at("detail").hidden = false;
  showDetail(at("detail"), chosen, ask);
}

async function show(id, byHand) {
  const turn = (asked += 1);
  try {
    const delivery = await ask(`deliveries/${id}`);
    if (turn !== asked) return; // another one was chosen meanwhile
    chosen = delivery;
  } catch (error) {
    at("state").textContent = `delivery ${id} cannot be read: ${error.message}`;
    return;
  }
  for (const other of document.querySelectorAll("tr[aria-current]"))
    other.removeAttribute("aria-current");
  at(`delivery-${id}`)?.setAttribute("aria-current", "true");
  showChosen();
  if (byHand) {
    at("detail-title").focus({ preventScroll: true });
    if (!BESIDE.matches) at("detail").scrollIntoView();
  }
  history.replaceState(null, "", `#${id}`);
}

function prepareEmpty(events) {
  const url = `${location.origin}/webhook`;
  const payload = JSON.stringify({ event: events[0] ?? "anything" });
  at("address").textContent = url;
  at("curl").textContent = `curl -i ${url} \\\n  -H 'Content-Type: application/json' \\\n  -d '${payload}'`;
  at("copy").addEventListener("click", async () => {
    await navigator.clipboard.writeText(at("curl").textContent);
    at("copy").textContent = "Copied";
  });
}

function state(words, live) {
  at("state").textContent = words;
  at("state").classList.toggle("live", live);
}

async function follow() {
  for (;;) {
    try {
      const news = await ask(`deliveries/wait?after=${last}&timeout=25`);
      state("live", true);
      if (!news) continue;
      const { deliveries } = await ask(`deliveries?after=${last}&limit=1000`);
      add(deliveries);
      const newest = deliveries.at(-1);
      at("news").textContent = `Delivery ${newest.id}, ${newest.method}: ${newest.verdict}`;
    } catch {
      state("the sink does not answer; trying again", false);
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
  }
}

async function begin() {
  try {
    const { deliveries, events } = await ask(`deliveries?newest=1&limit=${AT_ONCE}`);
    prepareEmpty(events);
    add(deliveries.reverse());
    state("live", true);
  } catch (error) {
    state(`the list cannot be read: ${error.message}; reload to try again`, false);
    return;
  }
  if (/^#\d+$/.test(location.hash)) show(Number(location.hash.slice(1)), false);
  follow();
}

addEventListener("hashchange", () => {
  if (/^#\d+$/.test(location.hash)) show(Number(location.hash.slice(1)), true);
});
begin();
