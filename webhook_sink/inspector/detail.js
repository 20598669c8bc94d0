// Detail of one delivery. Its text is untrusted: it becomes textContent only.
import { copyMenu, rejudgeButton, resendForm } from "./actions.js";
import { badge, factsList, formatTime, requestOf } from "./delivery_facts.js";
import { findings } from "./findings.js";
import { payload } from "./payload.js";
import { attemptsTable, headersTable, forwardSection } from "./related_sections.js";
import { button, pluralize, createElement } from "./elements.js";

/**
 * Fill `section` with a full delivery of the API, and `actions` with its buttons.
 * `api(path, method, value)` returns the response of the sink, or throws an error with its message.
 */
export function showDetail(section, actions, delivery, api) {
  const show = (shown) => section.replaceChildren(...parts(shown));
  const parts = (shown) => {
    const body = payload(shown);
    const copies = copyMenu(shown, api);
    const resend = resendForm(shown, api);
    const verdict = createElement("p", undefined, "verdict");
    verdict.append(badge(shown));
    actions.replaceChildren(button("Resend", () => resend.focus(), "strong"), ...copies.buttons);
    return [
      title(shown),
      requestLine(shown),
      ...copies.outcome,
      ...(shown === delivery ? [] : [rejudgedNote(() => again(delivery))]),
      verdict,
      heading("Findings"),
      ...findings(shown, body.reveal),
      heading("Payload"),
      ...body.elements,
      heading("Headers"),
      headersTable(shown.headers, "Headers as received"),
      ...attemptsOf(shown),
      ...forwardsOf(shown),
      factsSection(shown),
      heading("Resend \u00b7 Re-check signature"),
      ...resend.elements,
      rejudgeButton(shown, api, again),
    ];
  };
  const again = (shown) => {
    show(shown);
    section.querySelector("h2").focus();
  };
  show(delivery);
}

function requestLine(delivery) {
  const line = createElement("p", undefined, "request-line");
  const when = createElement("span", undefined, "quiet");
  when.append(" at ", formatTime(delivery.received_at));
  line.append(requestOf(delivery), when);
  return line;
}

/** Make the section of the facts that are rarely looked for; its summary has the others. */
function factsSection(delivery) {
  const element = createElement("details", undefined, "other");
  const summary = createElement("summary");
  summary.append(createElement("h3", "Sender, response, signature, size"));
  element.append(summary, factsList(delivery));
  return element;
}

function heading(words) {
  return createElement("h3", words);
}

function title({ id }) {
  const bar = createElement("div", undefined, "bar");
  const head = createElement("h2", `Delivery ${id}`);
  head.id = "detail-title";
  head.tabIndex = -1;
  const links = createElement("p", undefined, "links");
  for (const [words, path] of [["JSON", ""], ["raw body", "/body"]]) {
    const link = createElement("a", words);
    link.href = `api/deliveries/${Number(id)}${path}`;
    links.append(link);
  }
  bar.append(head, links);
  return bar;
}

function rejudgedNote(back) {
  const note = createElement("p", "Checked with the secret that you entered; the result is not stored. ", "rejudged");
  note.append(button("Show the sink's own verdict", back));
  return note;
}

function attemptsOf(delivery) {
  if ((delivery.attempts ?? []).length < 2) return [];
  const words = `${pluralize(delivery.attempts.length, "attempt")} of this event`;
  return [heading(words), ...attemptsTable(delivery)];
}

function forwardsOf(delivery) {
  if (!delivery.outgoing?.length) return [];
  return [heading("Forwarded and resent"), ...delivery.outgoing.map(forwardSection)];
}
