// The live page. What a delivery holds may be hostile: it reaches the page as textContent alone.
import { hex, indented, size, visible } from "./text.js";

const AT_ONCE = 200; // deliveries asked for and rows kept
const MOST_SHOWN = 256 * 1024; // characters of a body
const BESIDE = matchMedia("(min-width: 75rem)"); // the detail stands beside the list
const at = (id) => document.getElementById(id);
let last = 0; // the greatest id in the list
let chosen = null; // the delivery in the detail
let asked = 0; // which click the detail answers

function made(name, text, className) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

async function api(path) {
  const answer = await fetch(`api/${path}`, { cache: "no-store" });
  if (answer.status === 204) return null;
  if (!answer.ok) throw new Error(`the sink answered ${answer.status}`);
  return answer.json();
}

function tone(delivery) {
  if (delivery.violations) return "bad";
  return delivery.warnings || delivery.signature !== "valid" ? "so-so" : "good";
}

function badge(delivery) {
  const mark = made("span", { good: "\u2713", bad: "\u2715", "so-so": "!" }[tone(delivery)], "mark");
  mark.setAttribute("aria-hidden", "true");
  const element = made("span", undefined, `badge ${tone(delivery)}`);
  element.append(mark, made("span", delivery.verdict));
  return element;
}

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

function fact(name, value) {
  const pair = made("div");
  pair.append(made("dt", name), made("dd", value));
  return pair;
}

function place(name, pointer) {
  const line = made("p", `${name} `, "place");
  line.append(made("code", visible(pointer) || "the whole payload"));
  return line;
}

function findingItem(found) {
  const item = made("li", undefined, found.severity === "violation" ? "bad" : "so-so");
  const head = made("p", undefined, "head");
  head.append(made("strong", found.severity), made("span", `${found.check}, ${found.provenance}`));
  item.append(head, made("p", visible(found.message)));
  if (found.instance !== null) item.append(place("in the payload:", found.instance));
  item.append(place("in the contract:", found.pointer));
  return item;
}

function showBody() {
  const { text, base64 } = chosen.body;
  const isJson = text !== null && !chosen.findings.some((found) => found.check === "webhook-json");
  const pressed = at("indent").getAttribute("aria-pressed") === "true";
  at("indent").hidden = !isJson;
  const readable = isJson && pressed ? indented(text) : text;
  const whole = text === null ? hex(base64, MOST_SHOWN / 16) : readable;
  at("body").textContent = visible(whole.slice(0, MOST_SHOWN));
  at("body").classList.toggle("bytes", text === null);
  const notes = [];
  if (chosen.truncated) notes.push("The body went on; only this much was kept.");
  if (text === null) notes.push("Not UTF-8 text: shown as bytes.");
  if (whole.length > MOST_SHOWN || (text === null && chosen.size > MOST_SHOWN / 16))
    notes.push("Only the beginning is shown; all of it is in the JSON.");
  if (!chosen.size) notes.push("The body is empty.");
  at("body-note").textContent = notes.join(" ");
  at("body").hidden = !chosen.size;
}

function showChosen() {
  at("detail").hidden = false;
  at("detail-title").textContent = `Delivery ${chosen.id}`;
  at("json").href = `api/deliveries/${chosen.id}`;
  at("verdict").replaceChildren(badge(chosen));
  at("facts").replaceChildren(
    fact("Request", `${chosen.method} ${visible(chosen.target)}`),
    fact("Received", new Date(chosen.received_at * 1000).toLocaleString()),
    fact("From", chosen.remote),
    fact("Answered", String(chosen.status)),
    fact("Event", chosen.event ?? "none that the contract knows"),
    fact("Signature", chosen.signature === "unchecked" ? "not checked" : chosen.signature),
    fact("Body", size(chosen.size) + (chosen.truncated ? ", cut off" : "")),
  );
  at("clean").hidden = chosen.findings_total > 0;
  at("findings").replaceChildren(...chosen.findings.map(findingItem));
  if (chosen.findings_total > chosen.findings.length)
    at("findings").append(made("li", `${chosen.findings_total} in all`, "quiet"));
  at("headers").replaceChildren(
    ...chosen.headers.map(([name, value]) => {
      const line = made("tr");
      const head = made("th", visible(name));
      head.scope = "row";
      line.append(head, made("td", visible(value)));
      return line;
    }),
  );
  showBody();
}

async function show(id, byHand) {
  const turn = (asked += 1);
  try {
    const delivery = await api(`deliveries/${id}`);
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
      const news = await api(`deliveries/wait?after=${last}&timeout=25`);
      state("live", true);
      if (!news) continue;
      const { deliveries } = await api(`deliveries?after=${last}&limit=1000`);
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
    const { deliveries, events } = await api(`deliveries?newest=1&limit=${AT_ONCE}`);
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

at("indent").addEventListener("click", () => {
  const pressed = at("indent").getAttribute("aria-pressed") === "true";
  at("indent").setAttribute("aria-pressed", String(!pressed));
  showBody();
});
begin();
