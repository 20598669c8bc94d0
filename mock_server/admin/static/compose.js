// Form that composes a request to the mock and sends it from this page.
import { ask } from "./api.js";

const at = (id) => document.getElementById(id);
let calls = [];

/** Offer `found`, the calls of the admin API, as examples to start from. */
export function offer(found) {
  calls = found;
  const options = calls.map(({ operation, method, target }) => {
    const option = document.createElement("option");
    option.value = operation;
    option.textContent = `${method} ${target.split("?")[0]}`;
    return option;
  });
  at("send-operation").replaceChildren(...options);
  const typed = fields().map((field) => [field, field.value]);
  fill();
  // A person may have typed before the examples arrived.
  for (const [field, value] of typed) if (value) field.value = value;
  at("send-button").disabled = !calls.length;
}

function fields() {
  return ["send-target", "send-headers", "send-body"].map(at);
}

function chosen() {
  return calls[at("send-operation").selectedIndex];
}

function fill() {
  const call = chosen();
  if (!call) return;
  at("send-target").value = call.target;
  at("send-headers").value = call.headers.map((pair) => pair.join(": ")).join("\n");
  at("send-body").value = pretty(call.body);
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body ?? "";
  }
}

/** Return the pairs of name and value in lines of text; throw an error for another line. */
export function headerPairs(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  return lines.map((line) => {
    const [, name, value] = /^\s*([^:\s]+)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
    if (!name) throw new Error(`"${line}" is no header: write Name: value`);
    return [name, value];
  });
}

function filledIn(text, issued) {
  return text
    .replace(/(Basic )\$CREDENTIAL_(\w+)/g, (_, scheme, name) => scheme + btoa(credential(issued, name)))
    .replace(/\$CREDENTIAL_(\w+)/g, (_, name) => credential(issued, name))
    .replaceAll("$TOKEN", issued.token);
}

function credential(issued, wanted) {
  const names = Object.keys(issued.credentials);
  const name = names.find((one) => one.replace(/\W/g, "_").toUpperCase() === wanted);
  if (!name) throw new Error(`the mock has no credential for $CREDENTIAL_${wanted}`);
  return issued.credentials[name];
}

/** Send the composed request; return its method and its target. */
export async function send() {
  const issued = await ask("token");
  const { method } = chosen();
  const target = filledIn(at("send-target").value.trim(), issued);
  if (!target.startsWith("/")) throw new Error("a path begins with a slash");
  const headers = headerPairs(filledIn(at("send-headers").value, issued));
  if (headers.some(([name]) => name.toLowerCase() === "cookie"))
    throw new Error("no page can set the header Cookie: use curl for this request");
  // A text field has no carriage returns, which separate the parts of a form.
  const isForm = headers.some(([, value]) => /^multipart\//i.test(value));
  const text = at("send-body").value.replace(/\n/g, isForm ? "\r\n" : "\n");
  const body = ["GET", "HEAD"].includes(method) || text === "" ? undefined : text;
  await fetch(location.origin + target, { method, headers, body, cache: "no-store", redirect: "manual" });
  return { method, target };
}

/** Attach the event handlers. */
export function begin() {
  at("send-operation").addEventListener("change", fill);
}
