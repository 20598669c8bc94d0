// Empty state: how to send a first delivery.
import { request } from "./api.js";

const at = (id) => document.getElementById(id);

/** Show the command that sends a delivery of the first of `events` to this sink. */
export function write(events) {
  const url = `${location.origin}/webhook`;
  const payload = JSON.stringify({ event: events[0] ?? "anything" }).replaceAll("'", "\\u0027");
  const command = `curl -i ${url} \\\n  -H 'Content-Type: application/json' \\\n  -d '${payload}'`;
  if (at("curl").textContent === command) return; // keep a selection of the user
  at("address").textContent = url;
  at("curl").textContent = command;
}

/** Attach the event handlers; `said` is called with an error message. */
export function begin(said) {
  at("sample").addEventListener("click", async () => {
    try {
      await request("deliveries/sample", "POST");
    } catch (error) {
      said(error.message);
    }
  });
  at("copy").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(at("curl").textContent);
      at("copy").textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(at("curl"));
      at("copy").textContent = "Selected: press Ctrl+C or Cmd+C";
    }
  });
}
