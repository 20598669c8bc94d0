// Actions on a delivery: copy, resend, re-check with another secret.
import { forwardSection } from "./related_sections.js";
import { visible } from "./text.js";
import { button, createElement } from "./elements.js";

function status() {
  const element = createElement("p", undefined, "outcome");
  element.setAttribute("role", "status");
  return element;
}

/** Return the buttons that copy a delivery as a curl command or as a test, and their outcome. */
export function copyMenu(delivery, api) {
  const said = status();
  const shown = createElement("pre"); // if the browser does not allow the page to copy
  shown.tabIndex = 0;
  shown.setAttribute("role", "group");
  shown.setAttribute("aria-label", "Text to copy");
  shown.hidden = true;
  const copy = async (form, words) => {
    shown.hidden = true;
    try {
      const text = await api(`deliveries/${delivery.id}/copy?format=${form}`);
      const isDone = await isCopied(text);
      said.textContent = isDone ? `${words} copied.` : notCopied(text);
      shown.textContent = visible(text);
      shown.hidden = isDone;
    } catch (error) {
      said.textContent = `Copying failed: ${visible(error.message)}`;
    }
  };
  const buttons = [
    button("Copy as curl", () => copy("curl", "Command")),
    button("Copy as a test", () => copy("test", "Test")),
  ];
  return { buttons, outcome: [said, shown] };
}

function notCopied(text) {
  const isExact = visible(text) === text;
  const rest = isExact ? "" : " Invisible characters are shown by name.";
  return `The browser does not allow the page to copy: select the text below.${rest}`;
}

async function isCopied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // no secure context, or no permission
  }
}

/** Make a form with one field; `act` gets its value, and the form shows errors of `act`. */
function form(label, input, words, act) {
  const element = createElement("form");
  const said = status();
  const field = createElement("label", label);
  const send = createElement("button", words);
  field.append(input);
  input.required = true;
  element.append(field, send, said);
  let isBusy = false; // a disabled button would lose the focus
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    said.textContent = "";
    try {
      await act(input.value);
    } catch (error) {
      said.textContent = visible(error.message);
    }
    isBusy = false;
  });
  return element;
}

function field(type) {
  const input = createElement("input");
  input.type = type;
  input.autocomplete = "off";
  input.spellcheck = false;
  return input;
}

/** Return the form that resends a delivery to a URL, with the responses below, and its `focus`. */
export function resendForm(delivery, api) {
  const input = field("url");
  input.placeholder = "http://127.0.0.1:3000/webhooks";
  const responses = createElement("div", undefined, "answers");
  const element = form("Resend to", input, "Resend", async (url) => {
    const { outgoing } = await api(`deliveries/${delivery.id}/resend`, "POST", { url });
    const section = forwardSection(outgoing);
    section.open = true;
    responses.prepend(section);
  });
  const focus = () => {
    element.scrollIntoView({ block: "center" });
    input.focus({ preventScroll: true });
  };
  return { elements: [element, responses], focus };
}

/** Make the form that re-judges a delivery with another secret; `show` gets the result. */
export function rejudgeButton(delivery, api, show) {
  const input = field("password");
  const element = form("Re-check signature with another secret", input, "Re-check", async (secret) => {
    input.value = "";
    show(await api(`deliveries/${delivery.id}/judge`, "POST", { secret }));
  });
  element.append(createElement("p", "The secret is sent to this sink only and is not stored.", "quiet"));
  return element;
}
