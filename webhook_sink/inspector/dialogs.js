// Dialogs: keyboard shortcuts, export, and deleting all deliveries.
import { request } from "./api.js";
import { query, words } from "./filters.js";

const at = (id) => document.getElementById(id);

/** Show the keyboard shortcuts. */
export function showKeys() {
  at("keys").showModal();
}

/** Offer to export the deliveries that match the filters. */
export function showExport() {
  const asked = query();
  const set = words();
  at("export-what").textContent = set.length
    ? `Deliveries that match the filters (${set.join(", ")}), oldest first.`
    : "All stored deliveries, oldest first.";
  for (const format of ["jsonl", "har"]) {
    asked.set("format", format);
    at(`export-${format}`).href = `api/deliveries/export?${asked}`;
  }
  at("export").showModal();
}

/** Ask for confirmation to delete all `total` deliveries. */
export function showClear(total) {
  const some = total === 1 ? "the only delivery" : `all ${total.toLocaleString("en")} deliveries`;
  at("clear-what").textContent = `This deletes ${some} of the sink. Filters do not apply.`;
  at("clear").showModal();
}

/** Attach the event handlers; `cleared` is called after deletion, `said` with an error message. */
export function begin(cleared, said) {
  at("show-keys").addEventListener("click", showKeys);
  at("show-export").addEventListener("click", showExport);
  for (const format of ["jsonl", "har"])
    at(`export-${format}`).addEventListener("click", () => at("export").close());
  at("clear").addEventListener("close", async () => {
    const { returnValue } = at("clear");
    at("clear").returnValue = "";
    if (returnValue !== "yes") return;
    try {
      await request("deliveries", "DELETE");
      cleared();
    } catch (error) {
      said(error.message);
    }
  });
}
