// Dialogs: keyboard shortcuts, export, and deleting all deliveries.
import { request } from "./api.js";
import { query, words } from "./filters.js";

const at = (id) => document.getElementById(id);

/** Show the keys. */
export function showKeys() {
  at("keys").showModal();
}

/** Offer to export what the filters show. */
export function showExport() {
  const asked = query();
  const set = words();
  at("export-what").textContent = set.length
    ? `The deliveries that the filters show (${set.join(", ")}), oldest first.`
    : "All deliveries that are stored, oldest first.";
  for (const format of ["jsonl", "har"]) {
    asked.set("format", format);
    at(`export-${format}`).href = `api/deliveries/export?${asked}`;
  }
  at("export").showModal();
}

/** Ask whether to delete all `total` deliveries. */
export function showClear(total) {
  const some = total === 1 ? "The one delivery" : `All ${total.toLocaleString("en")} deliveries`;
  at("clear-what").textContent = `${some} of this sink, whatever the filters show.`;
  at("clear").showModal();
}

/** Begin; `cleared` is called when all is gone, `said` with why something could not be done. */
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
