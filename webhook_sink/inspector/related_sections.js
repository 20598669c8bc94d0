// Sections of a delivery: headers, attempts of its event, forwards and resends.
import { describeReply, formatDuration, deliveryLink, formatTime } from "./delivery_facts.js";
import { hex, visible } from "./text.js";
import { pluralize, createLongText, createElement } from "./elements.js";

const MAX_HEX_BYTES = 4096; // of a response that is not text

/** Make a table. */
export function table(caption, heads, rows) {
  const element = createElement("table");
  element.append(createElement("caption", caption, "unseen"));
  const head = createElement("tr");
  for (const words of heads) {
    const cell = createElement("th", words);
    cell.scope = "col";
    head.append(cell);
  }
  element.createTHead().append(head);
  element.createTBody().append(...rows);
  return element;
}

/** Make a table of header pairs, in order; repeated headers are separate rows. */
export function headersTable(pairs, caption) {
  const rows = pairs.map(([name, value]) => {
    const row = createElement("tr");
    const head = createLongText("th", name, undefined, 200);
    head.scope = "row";
    row.append(head, createLongText("td", value));
    return row;
  });
  const element = table(caption, ["Name", "Value"], rows);
  element.className = "headers";
  element.tHead.className = "unseen";
  return element;
}

/** Make the table of all attempts of the event of a delivery. */
export function attemptsTable(delivery) {
  const first = delivery.attempts[0].received_at;
  const rows = delivery.attempts.map((attempt, place) => {
    const row = createElement("tr");
    const isThis = attempt.id === delivery.id;
    if (isThis) row.setAttribute("aria-current", "true");
    const link = isThis ? `#${attempt.id}, this one` : deliveryLink(attempt.id);
    const after = place === 0 ? formatTime(first) : `${formatDuration(attempt.received_at - first)} later`;
    const cells = [String(attempt.attempt ?? place + 1), link, after, visible(describeReply(attempt))];
    for (const content of [...cells, attempt.verdict]) {
      const cell = createElement("td");
      cell.append(content);
      row.append(cell);
    }
    return row;
  });
  const words = delivery.same_body ? "Body identical to" : "Body differs from";
  const note = createElement("p", `${words} the first attempt.`, "quiet");
  note.hidden = delivery.attempts[0].id === delivery.id;
  const heads = ["Attempt", "Delivery", "Received", "Response", "Verdict"];
  const element = table("Attempts of this event", heads, rows);
  element.className = "attempts";
  const wrapper = createElement("div", undefined, "wide few");
  wrapper.append(element);
  return [note, wrapper];
}

/** Make the section of one forward or resend, with the response of the receiver. */
export function forwardSection(outgoing) {
  const element = createElement("details", undefined, "passed");
  const isGood = outgoing.status >= 200 && outgoing.status < 300;
  const words = outgoing.error ? `failed: ${visible(outgoing.error)}` : String(outgoing.status);
  const summary = createElement("summary");
  summary.append(
    createElement("span", words, `badge ${isGood ? "good" : "bad"}`),
    ` ${outgoing.action === "forward" ? "forwarded" : "resent"} to `,
    createLongText("code", outgoing.url, undefined, 300),
    createElement("span", ` after ${formatDuration(outgoing.seconds)}`, "quiet"),
  );
  element.append(summary);
  element.addEventListener("toggle", () => {
    if (element.children.length === 1) element.append(...responseParts(outgoing));
  });
  return element;
}

function responseParts(outgoing) {
  const when = createElement("p", "At ", "quiet");
  when.append(formatTime(outgoing.at), `; ${pluralize(outgoing.headers.length, "header")} received.`);
  const parts = [when];
  if (outgoing.headers.length) parts.push(headersTable(outgoing.headers, "Response headers"));
  const { text, base64 } = outgoing.body;
  if (text) parts.push(createLongText("pre", text));
  else if (text === null) parts.push(createElement("pre", hex(base64, MAX_HEX_BYTES), "bytes"));
  if (outgoing.truncated) parts.push(createElement("p", "Response truncated.", "quiet"));
  return parts;
}
