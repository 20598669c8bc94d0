// Body of a delivery in up to three views: tree, text, bytes.
import { read } from "./json_tokenizer.js";
import { hex, size, visible } from "./text.js";
import { button, createElement } from "./elements.js";
import { tree } from "./json_tree.js";

const MAX_TEXT_CHARS = 256 * 1024;
const MAX_HEX_BYTES = 16 * 1024;

/**
 * Return the body view of a delivery: its `elements`, and `reveal`, which shows the position of a
 * finding; `reveal` is null without a tree.
 */
export function payload(delivery) {
  const { text } = delivery.body;
  const document = text === null || delivery.truncated ? null : read(text);
  const grown = document && tree(document, delivery.findings);
  const views = new Map();
  if (grown) views.set("Tree", () => [grown.element]);
  if (text !== null && text !== "") views.set("Text", () => textView(delivery));
  if (delivery.size) views.set("Hex", () => hexView(delivery));
  const place = createElement("div", undefined, "view");
  const choice = choose(views, place);
  const reveal = (found) => {
    choice.show("Tree");
    grown.reveal(found);
  };
  const notes = createElement("p", notesOf(delivery, document).join(" "), "quiet");
  notes.hidden = notes.textContent === "";
  return { elements: [choice.element, notes, place], reveal: grown ? reveal : null };
}

/** Make a group of buttons, one per view, and show the first view. */
function choose(views, place) {
  const element = createElement("div", undefined, "choice");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "Body view");
  const show = (name) => {
    for (const other of element.children)
      other.setAttribute("aria-pressed", String(other.textContent === name));
    place.replaceChildren(...views.get(name)());
  };
  element.append(...Array.from(views.keys(), (name) => button(name, () => show(name))));
  if (views.size) show(views.keys().next().value);
  return { element, show };
}

function notesOf(delivery, document) {
  const notes = [];
  if (delivery.size === 0) notes.push("The body is empty.");
  if (delivery.truncated) notes.push("Body truncated.");
  if (delivery.body.text === null) notes.push("Not UTF-8 text.");
  else if (delivery.size && !document && !delivery.truncated)
    notes.push("Not JSON: no tree view.");
  return notes;
}

function textView(delivery) {
  const { text } = delivery.body;
  const element = preformatted(visible(text.slice(0, MAX_TEXT_CHARS)), "Text of the body");
  const shown = `the first ${MAX_TEXT_CHARS.toLocaleString("en")} characters`;
  return text.length > MAX_TEXT_CHARS ? [rest(delivery, shown), element] : [element];
}

function hexView(delivery) {
  const element = preformatted(hex(delivery.body.base64, MAX_HEX_BYTES), "Bytes of the body");
  element.className = "bytes";
  const shown = `the first ${size(MAX_HEX_BYTES)}`;
  return delivery.size > MAX_HEX_BYTES ? [rest(delivery, shown), element] : [element];
}

function preformatted(text, label) {
  const element = createElement("pre", text);
  element.tabIndex = 0;
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", label);
  return element;
}

function rest(delivery, shown) {
  const note = createElement("p", `Showing ${shown} of ${size(delivery.size)}: `, "quiet");
  const link = createElement("a", "download all bytes");
  link.href = `api/deliveries/${Number(delivery.id)}/body`;
  note.append(link);
  return note;
}
