// What belongs to a delivery: its headers, the other attempts of its event, and who it went on to.
import { answerOf, lasting, linkTo, timeOf } from "./facts.js";
import { hex, visible } from "./text.js";
import { counted, long, made } from "./token.js";

const MOST_BYTES = 4096; // of an answer that is no text

/** Make a table. */
export function table(caption, heads, rows) {
  const element = made("table");
  element.append(made("caption", caption, "unseen"));
  const head = made("tr");
  for (const words of heads) {
    const cell = made("th", words);
    cell.scope = "col";
    head.append(cell);
  }
  element.createTHead().append(head);
  element.createTBody().append(...rows);
  return element;
}

/** Make a table of header pairs, in order, repeated ones apart. */
export function headers(pairs, caption) {
  const rows = pairs.map(([name, value]) => {
    const row = made("tr");
    const head = long("th", name, undefined, 200);
    head.scope = "row";
    row.append(head, long("td", value));
    return row;
  });
  const element = table(caption, ["Name", "Value"], rows);
  element.className = "headers";
  element.tHead.className = "unseen";
  return element;
}

/** Make the table of all attempts of the event of a delivery. */
export function attempts(delivery) {
  const first = delivery.attempts[0].received_at;
  const rows = delivery.attempts.map((attempt, place) => {
    const row = made("tr");
    const isThis = attempt.id === delivery.id;
    if (isThis) row.setAttribute("aria-current", "true");
    const link = isThis ? `${attempt.id}, this one` : linkTo(attempt.id);
    const after = place === 0 ? timeOf(first) : `${lasting(attempt.received_at - first)} later`;
    const cells = [String(attempt.attempt ?? place + 1), link, after, visible(answerOf(attempt))];
    for (const content of [...cells, attempt.verdict]) {
      const cell = made("td");
      cell.append(content);
      row.append(cell);
    }
    return row;
  });
  const words = delivery.same_body ? "Byte for byte the body" : "Another body than that";
  const note = made("p", `${words} of the first attempt.`, "quiet");
  note.hidden = delivery.attempts[0].id === delivery.id;
  const heads = ["Attempt", "Delivery", "Received", "Answered", "Verdict"];
  const element = table("The attempts of this event", heads, rows);
  element.className = "attempts";
  const wrapper = made("div", undefined, "wide few");
  wrapper.append(element);
  return [note, wrapper];
}

/** Make what one receiver answered when this delivery was passed on to it. */
export function passedOn(passed) {
  const element = made("details", undefined, "passed");
  const isGood = passed.status >= 200 && passed.status < 300;
  const words = passed.error ? `failed: ${visible(passed.error)}` : String(passed.status);
  const summary = made("summary");
  summary.append(
    made("span", words, `badge ${isGood ? "good" : "bad"}`),
    ` ${passed.why === "forward" ? "forwarded" : "sent again"} to `,
    long("code", passed.url, undefined, 300),
    made("span", ` after ${lasting(passed.seconds)}`, "quiet"),
  );
  element.append(summary);
  element.addEventListener("toggle", () => {
    if (element.children.length === 1) element.append(...answerParts(passed));
  });
  return element;
}

function answerParts(passed) {
  const when = made("p", "At ", "quiet");
  when.append(timeOf(passed.at), `; ${counted(passed.headers.length, "header")} came back.`);
  const parts = [when];
  if (passed.headers.length) parts.push(headers(passed.headers, "Headers of the answer"));
  const { text, base64 } = passed.body;
  if (text) parts.push(long("pre", text));
  else if (text === null) parts.push(made("pre", hex(base64, MOST_BYTES), "bytes"));
  if (passed.truncated) parts.push(made("p", "The answer went on; only this much was kept.", "quiet"));
  return parts;
}
