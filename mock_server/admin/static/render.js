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

function badge(tone, words) {
  const mark = made("span", { good: "\u2713", bad: "\u2715", "so-so": "!" }[tone], "mark");
  mark.setAttribute("aria-hidden", "true");
  return made("span", [mark, made("span", words)], `badge ${tone}`);
}

const TONES = { delivered: "good", pending: "so-so" };
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
  if (valid === null) return badge("so-so", summary);
  return badge(valid ? "good" : "bad", summary);
}

function opener(kind, id, parts) {
  const button = made("button", parts, "open");
  button.type = "button";
  button.dataset.opens = `${kind}/${id}`;
  return button;
}

function row(kind, id, cells) {
  const element = made("tr", cells.map((cell) => made("td", [cell])));
  element.id = `${kind}-${id}`;
  return element;
}

/** Functions that return a row of each table. */
export const rows = {
  requests: (r) =>
    row("requests", r.id, [
      time(r.at),
      opener("requests", r.id, [made("span", r.method, "method"), made("span", r.target, "target")]),
      String(r.status ?? "none"),
      made("span", r.milliseconds.toFixed(1), "number"),
      verdict(r),
    ]),
  deliveries: (d) =>
    row("deliveries", d.id, [
      time(d.at),
      opener("deliveries", d.id, [made("span", d.event, "target")]),
      made("span", `${d.receiver.number}: ${d.receiver.origin}`, "target"),
      String(d.attempts.length),
      state(d),
    ]),
  tokens: (t) =>
    row("tokens", t.id, [
      time(t.at),
      opener("tokens", t.id, [made("span", listed(t.requested.permissions) || "none", "target")]),
      String(t.requested.expires ?? "never"),
      t.requested.revoked ? badge("bad", "revoked") : badge("good", "valid"),
    ]),
};

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

function violation({ location, keyword, message }) {
  const place = made("code", location || "the body");
  return made("li", [place, ` ${visible(message)}`, keyword ? ` (${keyword})` : ""], "bad");
}

/** Functions that return the detail of each kind. */
export const details = {
  requests: (r) => [
    made("p", [verdict(r)]),
    facts([
      ["Request", `${r.method} ${r.target}`],
      ["Received", new Date(r.at * 1000).toLocaleString()],
      ["Operation", r.operation ?? "not in the contract"],
      ["Response", `${r.status ?? "no response"} in ${r.milliseconds.toFixed(1)} ms`],
      ["Credential", r.verdict.credential],
      ["Other reasons to reject", r.verdict.rejection?.message ?? "none"],
    ]),
    made("ul", r.verdict.violations.map(violation), "findings"),
    ...body("Body", r.body),
    made("h3", "Headers"),
    table("Headers of the request", ["Name", "Value"], r.headers),
  ],
  deliveries: (d) => [
    made("p", [state(d), redeliver(d)], "line"),
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
        a.milliseconds === null ? "" : a.milliseconds.toFixed(1),
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
