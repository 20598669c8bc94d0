// DOM elements from untrusted text: it never becomes markup, and long text is shown in steps.
import { visible } from "./text.js";

const FIRST_CHARS = 1000; // of one value in the first step
const TOLERANCE_CHARS = 200; // a shorter rest is included in the first step
const FURTHER_CHARS = 50_000; // of each further step

/** Make an element. */
export function createElement(name, text, className) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

/** Make a button that does `act`. */
export function button(words, act, className) {
  const element = createElement("button", words, className);
  element.type = "button";
  element.addEventListener("click", act);
  return element;
}

/** Return the end of at most `many` characters after `at`; it splits no surrogate pair. */
function cut(text, at, many) {
  const end = Math.min(at + many, text.length);
  const code = text.charCodeAt(end - 1);
  return end < text.length && code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}

/** Make an element with `text`; a button shows the rest of a long text. */
export function createLongText(name, text, className, first = FIRST_CHARS) {
  const element = createElement(name, undefined, className);
  let at = text.length <= first + TOLERANCE_CHARS ? text.length : cut(text, 0, first);
  element.append(visible(text.slice(0, at)));
  if (at === text.length) return element;
  const words = () => `show more; ${(text.length - at).toLocaleString("en")} more characters`;
  const more = button(words(), () => {
    const end = cut(text, at, FURTHER_CHARS);
    more.before(visible(text.slice(at, end)));
    at = end;
    if (at === text.length) more.remove();
    else more.textContent = words();
  });
  more.className = "more";
  element.append(more);
  return element;
}

/** Return a number and its noun: `1 member`, `2,000 members`. */
export function pluralize(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}
