// Facts of a delivery: verdict, times, sizes, reply.
import { size, visible } from "./text.js";
import { createLongText, createElement } from "./elements.js";

const MARKS = { good: "\u2713", bad: "\u2715", "so-so": "!" };

function verdictTone(delivery) {
  if (delivery.violations) return "bad";
  return delivery.warnings || delivery.signature !== "valid" ? "so-so" : "good";
}

/** Make the verdict badge of a delivery. */
export function badge(delivery) {
  const tone = verdictTone(delivery);
  const mark = createElement("span", MARKS[tone], "mark");
  mark.setAttribute("aria-hidden", "true");
  const element = createElement("span", undefined, `badge ${tone}`);
  element.append(mark, createElement("span", delivery.verdict));
  return element;
}

/** Make a link to another delivery. */
export function deliveryLink(id) {
  const link = createElement("a", `#${id}`);
  link.href = `#${Number(id)}`;
  return link;
}

/** Return a duration for display. */
export function formatDuration(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  return seconds < 120 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`;
}

/** Make a local time with milliseconds. */
export function formatTime(seconds) {
  const at = new Date(seconds * 1000);
  const two = (number) => String(number).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const milliseconds = String(at.getMilliseconds()).padStart(3, "0");
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
  const element = createElement("time", `${day} ${time}.${milliseconds}`);
  element.dateTime = at.toISOString();
  return element;
}

/** Return the reply to a delivery in words, with its step of the reply script. */
export function describeReply({ status, reply }) {
  if (reply === "forwarded") return "the receiver's response";
  if (!status) return reply ? `none: ${reply}` : "none";
  return !reply || reply.startsWith(String(status)) ? reply || String(status) : `${status} (${reply})`;
}

/** Return the state of the signature in words. */
export function signatureWords({ signature }) {
  return { unchecked: "not checked", "other-scheme": "other scheme" }[signature] ?? signature;
}

function describeSignature(delivery) {
  const words = signatureWords(delivery);
  const found = delivery.findings.find((one) => one.check === "webhook-signature");
  return found ? `${words}: ${visible(found.message)}` : words;
}

/** Make the request line of a delivery. */
export function requestOf(delivery) {
  const element = createLongText("span", `${delivery.method} ${delivery.target}`, "wire", 300);
  if (delivery.version) element.append(` HTTP/${delivery.version}`);
  return element;
}

/** Return the facts of a delivery as names and values. */
export function deliveryFacts(delivery) {
  const known = [
    ["Request", requestOf(delivery)],
    ["Received", formatTime(delivery.received_at)],
    ["From", visible(delivery.remote)],
    ["Response", visible(describeReply(delivery))],
    ["Event", delivery.event ?? "not in the contract"],
    ["Signature", describeSignature(delivery)],
    ["Body", size(delivery.size) + (delivery.truncated ? ", truncated" : "")],
  ];
  if (delivery.first_attempt) known.push(["First attempt", deliveryLink(delivery.first_attempt)]);
  if (delivery.late_after)
    known.push(["Late", "occurred before delivery ", deliveryLink(delivery.late_after)]);
  if (delivery.head_received_at) {
    const took = formatDuration(delivery.received_at - delivery.head_received_at);
    known.push(["Body received", `in ${took}`]);
  }
  return known;
}

/** Make the list of the facts of a delivery beside its request line. */
export function factsList(delivery) {
  const list = createElement("dl", undefined, "facts");
  for (const [name, ...values] of deliveryFacts(delivery).slice(1)) {
    const pair = createElement("div");
    const value = createElement("dd");
    value.append(...values);
    pair.append(createElement("dt", name), value);
    list.append(pair);
  }
  return list;
}
