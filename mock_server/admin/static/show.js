// What the mock tells, as elements. Text of strangers reaches the page as textContent alone.
import { indented, visible } from "./text.js";

/** Return an element with a text or with parts. */
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

const TONES = { delivered: "good", waiting: "so-so" };
const state = (delivery) => badge(TONES[delivery.state] ?? "bad", delivery.state);

function verdict(request) {
  const { in_order, summary } = request.verdict;
  if (in_order === null) return badge("so-so", summary);
  return badge(in_order ? "good" : "bad", summary);
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

/** Return a row of each table. */
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
      opener("tokens", t.id, [made("span", listed(t.asked.permissions) || "none", "target")]),
      String(t.asked.expires ?? "never"),
      t.asked.revoked ? badge("bad", "revoked") : badge("good", "valid"),
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

function body(title, { text, size, cut }) {
  const shown = made("pre", indented(text));
  shown.tabIndex = 0;
  shown.setAttribute("aria-label", title);
  const note = `${size === 1 ? "1 byte" : `${size} bytes`}${cut ? ", the beginning of them" : ""}`;
  const parts = [made("h3", title), made("p", note, "quiet")];
  return size ? [...parts, shown] : parts;
}

function violation({ at, keyword, message }) {
  const place = made("code", at || "the body");
  return made("li", [place, ` ${visible(message)}`, keyword ? ` (${keyword})` : ""], "bad");
}

/** Return what the detail shows of each kind. */
export const details = {
  requests: (r) => [
    made("p", [verdict(r)]),
    facts([
      ["Request", `${r.method} ${r.target}`],
      ["Received", new Date(r.at * 1000).toLocaleString()],
      ["Operation", r.operation ?? "none of the contract"],
      ["Answered", `${r.status ?? "not at all"} in ${r.milliseconds.toFixed(1)} ms`],
      ["Credential", r.verdict.credential],
      ["Refused besides", r.verdict.refused?.message ?? "for nothing else"],
    ]),
    made("ul", r.verdict.violations.map(violation), "findings"),
    ...body("Body", r.body),
    made("h3", "Headers"),
    table("Headers of the request", ["Name", "Value"], r.headers),
  ],
  deliveries: (d) => [
    made("p", [state(d), again(d)], "line"),
    facts([
      ["Event", d.event],
      ["Brought about", new Date(d.at * 1000).toLocaleString()],
      ["Receiver", `${d.receiver.number}: ${d.receiver.origin}`],
      ["Faults of its own", d.faults.join(", ") || "none"],
    ]),
    opener("requests", d.request, ["The request that brought it about"]),
    made("h3", "Attempts"),
    table(
      "Attempts, oldest first",
      ["Time", "No.", "Outcome", "ms", "Then"],
      d.attempts.map((a) => [
        [time(a.at)],
        `${a.attempt}${a.redelivered ? ", sent once more" : ""}`,
        a.outcome ?? "none",
        a.milliseconds === null ? "" : a.milliseconds.toFixed(1),
        a.next === "again" ? `again in ${a.wait.toFixed(1)} s` : a.next,
      ]),
    ),
    ...body("Payload", d.payload),
    made("h3", "Headers of the last attempt"),
    table("Headers of the last attempt", ["Name", "Value"], d.attempts.at(-1)?.headers ?? []),
  ],
  tokens: (t) => [
    facts([
      ["Issued", new Date(t.at * 1000).toLocaleString()],
      ["By", t.operation],
      ...Object.entries(t.asked).map(([name, value]) => [name, listed(value) || "not said"]),
    ]),
    ...body("Asked for with", t.body),
  ],
};

function again(delivery) {
  const button = made("button", "Send it once more", "strong");
  button.type = "button";
  button.dataset.again = delivery.id;
  return button;
}
