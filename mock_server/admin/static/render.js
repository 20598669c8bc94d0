// Renders data of the API as elements. Untrusted text is set as textContent only.
import { indented, visible } from "./text.js";

/** Return an element with a text or with child nodes. */
export function made(name, content = [], className = "") {
  const element = document.createElement(name);
  if (typeof content === "string") element.textContent = visible(content);
  else element.append(...content);
  if (className) element.className = className;
  return element;
}

function time(seconds) {
  const moment = new Date(seconds * 1000);
  const element = made("time", moment.toLocaleTimeString("en-GB"));
  element.dateTime = moment.toISOString();
  return element;
}

const MARKS = { good: "\u2713", bad: "\u2715", "so-so": "!" };

/** Return a badge; a neutral one says that the mock did its work. */
function badge(tone, words) {
  const said = made("span", words);
  const element = made("span", [said], `badge ${tone}`);
  element.title = said.textContent;
  if (!MARKS[tone]) return element;
  const mark = made("span", MARKS[tone], "mark");
  mark.setAttribute("aria-hidden", "true");
  element.prepend(mark);
  return element;
}

const TONES = { delivered: "good", pending: "neutral", undelivered: "so-so" };
const VERDICT_TONES = { "forged, and refused": "good" };

/** Return the state of a delivery, and the verdict on its receiver if there is one. */
function state(delivery) {
  const parts = [badge(TONES[delivery.state] ?? "bad", delivery.state)];
  const { verdict } = delivery;
  if (verdict) parts.push(badge(VERDICT_TONES[verdict] ?? "bad", verdict));
  return made("span", parts, "badges");
}

function verdict(request) {
  const { valid, summary } = request.verdict;
  return badge(valid ? "good" : "neutral", summary);
}

function opener(kind, id, parts) {
  const button = made("button", parts, "open");
  button.type = "button";
  button.dataset.opens = `${kind}/${id}`;
  return button;
}

function row(kind, id, cells) {
  const element = made("tr", cells.map(([className, cell]) => made("td", [cell], className)));
  element.id = `${kind}-${id}`;
  return element;
}

/** Functions that return a row of each table: the time, the verdict, then the rest. */
export const rows = {
  requests: (r) =>
    row("requests", r.id, [
      ["", time(r.at)],
      ["", verdict(r)],
      ["", String(r.status ?? "none")],
      ["main", opener("requests", r.id, [made("span", r.method, "method"), target(r.target)])],
      ["number", duration(r.milliseconds)],
    ]),
  deliveries: (d) =>
    row("deliveries", d.id, [
      ["", time(d.at)],
      ["", state(d)],
      ["main", opener("deliveries", d.id, [target(d.event)])],
      ["side", target(`${d.receiver.number}: ${d.receiver.origin}`)],
      ["number", String(d.attempts.length)],
    ]),
  tokens: (t) =>
    row("tokens", t.id, [
      ["", time(t.at)],
      ["", t.requested.revoked ? badge("neutral", "revoked") : badge("good", "valid")],
      ["main", opener("tokens", t.id, [target(listed(t.requested.permissions) || "none")])],
      ["side", String(t.requested.expires ?? "never")],
    ]),
};

function duration(milliseconds) {
  return milliseconds === null ? "" : milliseconds.toFixed(1);
}

function target(text) {
  const element = made("span", text, "target");
  element.title = text;
  return element;
}

function listed(value) {
  return Array.isArray(value) ? value.join(", ") : String(value ?? "");
}

function facts(pairs) {
  const list = pairs.map(([name, value]) => made("div", [made("dt", name), made("dd", value)]));
  return made("dl", list);
}

function table(caption, heads, lines) {
  const head = heads.map((name) => {
    const cell = made("th", name);
    cell.scope = "col";
    return cell;
  });
  const body = lines.map((line) => made("tr", line.map((cell) => made("td", cell))));
  const element = made("table", [
    made("caption", caption, "unseen"),
    made("thead", [made("tr", head)]),
    made("tbody", body),
  ], "small");
  return element;
}

function body(title, { text, size, truncated }) {
  const shown = made("pre", indented(text));
  shown.tabIndex = 0;
  shown.setAttribute("aria-label", title);
  const note = `${size === 1 ? "1 byte" : `${size} bytes`}${truncated ? ", truncated" : ""}`;
  const parts = [made("h3", title), made("p", note, "quiet")];
  return size ? [...parts, shown] : parts;
}

/** Return a folded table of headers. */
function headers(title, pairs) {
  const count = pairs.length === 1 ? "1 header" : `${pairs.length} headers`;
  return made("details", [made("summary", count), table(title, ["Name", "Value"], pairs)]);
}

function message(title, line, pairs, content) {
  return made("section", [
    made("h3", title),
    made("p", line, "wire"),
    headers(`Headers of the ${title.toLowerCase()}`, pairs),
    ...body(`${title} body`, content),
  ], "message");
}

function messages(r) {
  const { response } = r;
  const answer = response
    ? message("Response", `${r.status}`, response.headers, response.body)
    : made("p", r.status === null ? "No response was sent." : "The response is not recorded.", "quiet");
  return made("div", [message("Request", `${r.method} ${r.target}`, r.headers, r.body), answer], "messages");
}

function violation({ location, keyword, message }) {
  const place = made("code", location || "the body");
  return made("li", [place, ` ${visible(message)}`, keyword ? ` (${keyword})` : ""]);
}

const OFF = "off";

/** Return the settings as names and values, with the receivers. */
export function settingPairs(settings, receivers) {
  const list = (values) => values.join(", ") || "none";
  return facts([
    ["Authentication", settings.auth],
    ["Rate limit", settings.rate_limit ?? OFF],
    ["Latency", settings.latency ?? OFF],
    ["Faults", list(settings.faults)],
    ["Allowed rejections", list(settings.rejections)],
    ["Receivers", list(receivers.map(({ number, origin }) => `${number}: ${origin}`))],
    ["State", settings.state ?? "in memory"],
    ["Seed data", settings.seed_data ?? "none"],
    ["Seed", String(settings.seed ?? "random")],
  ]).children;
}

/** Functions that return the detail of each kind. */
export const details = {
  requests: (r) => [
    made("p", [verdict(r)]),
    made("ul", r.verdict.violations.map(violation), "findings"),
    messages(r),
    facts([
      ["Received", new Date(r.at * 1000).toLocaleString()],
      ["Duration", r.milliseconds === null ? "unknown: the mock was killed" : `${duration(r.milliseconds)} ms`],
      ["Operation", r.operation ?? "not in the contract"],
      ["Credential", r.verdict.credential],
      ["Other reasons to reject", r.verdict.rejection?.message ?? "none"],
    ]),
  ],
  deliveries: (d) => [
    made("p", [state(d), redeliver(d)], "cluster"),
    facts([
      ["Event", d.event],
      ["Triggered", new Date(d.at * 1000).toLocaleString()],
      ["Receiver", `${d.receiver.number}: ${d.receiver.origin}`],
      ["Injected faults", d.faults.join(", ") || "none"],
      ["Expected response", d.attempts.at(-1)?.expected_response ?? d.expected_response ?? "unknown"],
    ]),
    opener("requests", d.request, ["Triggering request"]),
    made("h3", "Attempts"),
    table(
      "Attempts, oldest first",
      ["Time", "Attempt", "Outcome", "ms", "Next step"],
      d.attempts.map((a) => [
        [time(a.at)],
        `${a.attempt}${a.redelivered ? ", redelivered" : ""}`,
        a.outcome ?? "none",
        duration(a.milliseconds),
        a.next === "retry" ? `retry in ${a.backoff_seconds.toFixed(1)} s` : a.next,
      ]),
    ),
    ...body("Payload", d.payload),
    made("h3", "Headers of the last attempt"),
    table("Headers of the last attempt", ["Name", "Value"], d.attempts.at(-1)?.headers ?? []),
  ],
  tokens: (t) => [
    facts([
      ["Issued", new Date(t.at * 1000).toLocaleString()],
      ["Operation", t.operation],
      ...Object.entries(t.requested).map(([name, value]) => [name, listed(value) || "not set"]),
    ]),
    ...body("Request body", t.body),
  ],
};

function redeliver(delivery) {
  const button = made("button", "Redeliver", "strong");
  button.type = "button";
  button.dataset.redelivers = delivery.id;
  return button;
}
