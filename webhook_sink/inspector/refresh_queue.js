// Refresh queue: requests the state of changed deliveries, in batches.
import { request } from "./api.js";

const BATCH_DELAY_MS = 250;

export class RefreshQueue {
  /**
   * `on` has functions: `read(signal)` reloads the newest page, `has(id)` says whether the list has
   * that delivery, `onChange(delivery)` gets its present state.
   */
  constructor(on) {
    this.on = on;
    this.ids = new Set(); // null: all deliveries
  }

  /** Note a changed delivery; null means all. */
  note(id, signal) {
    if (this.ids.size === 0) setTimeout(() => this.#look(signal), BATCH_DELAY_MS);
    this.ids.add(id);
  }

  async #look(signal) {
    const ids = [...this.ids];
    this.ids.clear();
    try {
      if (ids.includes(null)) await this.on.read(signal);
      else await this.#lookAt(ids.filter(this.on.has), signal);
    } catch {
      // If the sink is unreachable, the stream fails too, and then the page reloads the list.
    }
  }

  async #lookAt(ids, signal) {
    if (ids.length === 0) return;
    const [after, before] = [Math.min(...ids) - 1, Math.max(...ids) + 1];
    const asked = `deliveries?after=${after}&before=${before}&limit=1000`;
    const { deliveries } = await request(asked, "GET", undefined, signal);
    for (const delivery of deliveries) if (ids.includes(delivery.id)) this.on.onChange(delivery);
  }
}
