// One delivery. What it holds may be hostile: it reaches the page as textContent alone.
import { copying, judging, resending } from "./actions.js";
import { badge, facts } from "./facts.js";
import { findings } from "./findings.js";
import { payload } from "./payload.js";
import { attempts, headers, passedOn } from "./related.js";
import { button, counted, made } from "./token.js";

/**
 * Fill `section` with a delivery as the API gives it whole. `api(path, method, value)` returns what
 * the sink answers, or throws an error with its sentence.
 */
export function showDetail(section, delivery, api) {
  const show = (shown) => section.replaceChildren(...parts(shown));
  const parts = (shown) => {
    const body = payload(shown);
    const verdict = made("p", undefined, "verdict");
    verdict.append(badge(shown));
    return [
      title(shown),
      ...(shown === delivery ? [] : [anew(() => again(delivery))]),
      verdict,
      facts(shown),
      ...copying(shown, api),
      heading("Findings"),
      ...findings(shown, body.reveal),
      ...attemptsOf(shown),
      ...passedOf(shown),
      heading("Payload"),
      ...body.elements,
      heading("Headers"),
      headers(shown.headers, "Headers, as they came"),
      heading("Send again, judge anew"),
      ...resending(shown, api),
      judging(shown, api, again),
    ];
  };
  const again = (shown) => {
    show(shown);
    section.querySelector("h2").focus();
  };
  show(delivery);
}

function heading(words) {
  return made("h3", words);
}

function title({ id }) {
  const bar = made("div", undefined, "bar");
  const head = made("h2", `Delivery ${id}`);
  head.id = "detail-title";
  head.tabIndex = -1;
  const links = made("p", undefined, "links");
  for (const [words, path] of [["as JSON", ""], ["bytes of the body", "/body"]]) {
    const link = made("a", words);
    link.href = `api/deliveries/${Number(id)}${path}`;
    links.append(link);
  }
  bar.append(head, links);
  return bar;
}

function anew(back) {
  const note = made("p", "Judged with the secret that you gave; nothing of it is kept. ", "anew");
  note.append(button("Show the sink's own verdict", back));
  return note;
}

function attemptsOf(delivery) {
  if ((delivery.attempts ?? []).length < 2) return [];
  const words = `${counted(delivery.attempts.length, "attempt")} of this event`;
  return [heading(words), ...attempts(delivery)];
}

function passedOf(delivery) {
  if (!delivery.passed?.length) return [];
  return [heading("Passed on"), ...delivery.passed.map(passedOn)];
}
