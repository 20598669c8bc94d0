// Row of one delivery. Its text is untrusted: it becomes textContent only.
import { visible } from "./text.js";
import { signatureWords } from "./delivery_facts.js";
import { createElement } from "./elements.js";

const TONES = { conforms: "good", warning: "so-so", violation: "bad" };
const SIGNS = { conforms: "\u2713", warning: "!", violation: "\u2715" };
const MAX_EARLIER_RESPONSES = 3; // hidden attempts whose responses are shown
const QUIET_SIGNATURES = ["valid", "unchecked"];

function formatTime(seconds) {
  const moment = new Date(seconds * 1000);
  const isToday = moment.toDateString() === new Date().toDateString();
  const day = isToday ? "" : `${moment.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} `;
  const element = createElement("time", day + moment.toLocaleTimeString("en-GB"));
  element.dateTime = moment.toISOString();
  element.title = moment.toLocaleString();
  return element;
}

function request(delivery) {
  const link = createElement("a", undefined, "open");
  link.href = `#${Number(delivery.id)}`;
  link.title = visible(delivery.target.slice(0, 500));
  link.append(
    createElement("span", `Delivery ${delivery.id}: `, "unseen"),
    createElement("span", visible(delivery.method), "method"),
    " ",
    createElement("span", visible(delivery.target.slice(0, 500)), "target"),
  );
  return link;
}

function linked(words, id) {
  const element = createElement("span", words, "tag");
  const link = createElement("a", `#${id}`);
  link.href = `#${Number(id)}`;
  element.append(" ", link);
  return element;
}

function event(delivery, fold) {
  const parts = [createElement("span", delivery.event ?? "no known event", delivery.event ? "" : "quiet")];
  if (fold) parts.push(fold);
  else if (delivery.first_attempt) parts.push(linked(`attempt ${delivery.attempt}, first`, delivery.first_attempt));
  if (delivery.late_after) {
    const late = linked("late, after", delivery.late_after);
    late.classList.add("so-so");
    late.title = "This event occurred before the event of that delivery, which arrived first";
    parts.push(late);
  }
  return parts;
}

function describeReply({ status, reply }) {
  return status ? String(status) : visible(reply.split(" ")[0]) || "none";
}

function response(delivery, before) {
  const some = before.slice(0, MAX_EARLIER_RESPONSES).toReversed().map(describeReply);
  if (before.length > MAX_EARLIER_RESPONSES) some.unshift("\u2026");
  const earlier = createElement("span", some.map((one) => `${one}, `).join(""));
  const tone = delivery.status >= 200 && delivery.status < 300 ? "" : "said-so-so";
  const element = createElement("span", describeReply(delivery), tone);
  if (delivery.reply) element.title = visible(delivery.reply);
  if (delivery.forwarded === null) return [earlier, element];
  const isStatus = /^\d{3}$/.test(delivery.forwarded);
  const passed = createElement("span", `\u2192 ${isStatus ? delivery.forwarded : "failed"}`, "tag");
  passed.title = `Forwarded, result: ${visible(delivery.forwarded)}`;
  if (!/^2\d\d$/.test(delivery.forwarded)) passed.classList.add("bad");
  return [earlier, element, passed];
}

function verdict(delivery) {
  const mark = createElement("span", SIGNS[delivery.verdict_kind], "mark");
  mark.setAttribute("aria-hidden", "true");
  const badge = createElement("span", undefined, `badge ${TONES[delivery.verdict_kind]}`);
  badge.append(mark, createElement("span", delivery.verdict.split("; ")[0]));
  return badge;
}

function choice(id) {
  const box = createElement("input");
  box.type = "checkbox";
  box.setAttribute("aria-label", `Compare delivery ${id}`);
  const label = createElement("label");
  label.title = "Select two deliveries to compare";
  label.append(box);
  return label;
}

function cell(name, className, ...content) {
  const element = createElement(name, undefined, className);
  element.setAttribute("role", name === "th" ? "rowheader" : "cell");
  element.append(...content);
  return element;
}

/**
 * Return the row of a delivery. `fold` is the button that shows the earlier attempts, or null;
 * `before` are the earlier attempts that it hides, latest first.
 */
export function row(delivery, fold, before) {
  const element = createElement("tr", undefined, `is-${delivery.verdict_kind}`);
  element.id = `delivery-${delivery.id}`;
  element.dataset.id = delivery.id;
  element.setAttribute("role", "row"); // a narrow window lays rows out as grids
  const number = cell("th", "number", String(delivery.id));
  number.scope = "row";
  const tone = QUIET_SIGNATURES.includes(delivery.signature) ? "quiet" : "said-bad";
  element.append(
    cell("td", "choice-of", choice(delivery.id)),
    number,
    cell("td", "when", formatTime(delivery.received_at)),
    cell("td", "request", request(delivery)),
    cell("td", "event", ...event(delivery, fold)),
    cell("td", "answer", ...response(delivery, before)),
    cell("td", "signature", createElement("span", signatureWords(delivery), tone)),
    cell("td", "verdict-of", verdict(delivery)),
  );
  return element;
}
