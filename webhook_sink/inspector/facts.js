// What is known of a delivery: its verdict and its facts.
import { size, visible } from "./text.js";
import { long, made } from "./token.js";

const MARKS = { good: "\u2713", bad: "\u2715", "so-so": "!" };

function toneOf(delivery) {
  if (delivery.violations) return "bad";
  return delivery.warnings || delivery.signature !== "valid" ? "so-so" : "good";
}

/** Make the verdict of a delivery, in words and a colour. */
export function badge(delivery) {
  const tone = toneOf(delivery);
  const mark = made("span", MARKS[tone], "mark");
  mark.setAttribute("aria-hidden", "true");
  const element = made("span", undefined, `badge ${tone}`);
  element.append(mark, made("span", delivery.verdict));
  return element;
}

/** Make a link to another delivery. */
export function linkTo(id) {
  const link = made("a", String(id));
  link.href = `#${Number(id)}`;
  return link;
}

/** Return seconds for people. */
export function lasting(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  return seconds < 120 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`;
}

/** Return when it was, to the millisecond, in the time of whoever looks. */
export function timeOf(seconds) {
  const at = new Date(seconds * 1000);
  const two = (number) => String(number).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const milliseconds = String(at.getMilliseconds()).padStart(3, "0");
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
  const element = made("time", `${day} ${time}.${milliseconds}`);
  element.dateTime = at.toISOString();
  return element;
}

/** Return what a delivery was answered, in words: the step of the replies, where it says more. */
export function answerOf({ status, reply }) {
  if (reply === "forwarded") return "what the receiver answered";
  if (!status) return reply ? `nothing: ${reply}` : "nothing";
  return !reply || reply.startsWith(String(status)) ? reply || String(status) : `${status} (${reply})`;
}

function signatureOf(delivery) {
  const words = delivery.signature === "unchecked" ? "not checked" : delivery.signature;
  const found = delivery.findings.find((one) => one.check === "webhook-signature");
  return found ? `${words}: ${visible(found.message)}` : words;
}

/** Return the facts of a delivery: names, and what stands there. */
export function factsOf(delivery) {
  const request = long("span", `${delivery.method} ${delivery.target}`, "wire", 300);
  if (delivery.version) request.append(` HTTP/${delivery.version}`);
  const known = [
    ["Request", request],
    ["Received", timeOf(delivery.received_at)],
    ["From", visible(delivery.remote)],
    ["Answered", visible(answerOf(delivery))],
    ["Event", delivery.event ?? "none that the contract knows"],
    ["Signature", signatureOf(delivery)],
    ["Body", size(delivery.size) + (delivery.truncated ? ", cut off" : "")],
  ];
  if (delivery.repeats) known.push(["Repeats", "the event of delivery ", linkTo(delivery.repeats)]);
  if (delivery.late_after)
    known.push(["Late", "triggered before that of delivery ", linkTo(delivery.late_after)]);
  if (delivery.began_at) {
    const took = lasting(delivery.received_at - delivery.began_at);
    known.push(["Body complete", `${took} after the head`]);
  }
  return known;
}

/** Make the list of the facts of a delivery. */
export function facts(delivery) {
  const list = made("dl", undefined, "facts");
  for (const [name, ...values] of factsOf(delivery)) {
    const pair = made("div");
    const value = made("dd");
    value.append(...values);
    pair.append(made("dt", name), value);
    list.append(pair);
  }
  return list;
}
