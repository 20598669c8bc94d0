// Paginator: reads the list page by page. One response covers a bounded number of deliveries: if
// few of them match, the paginator continues until there is a screenful or the user stops it.
import { request } from "./api.js";
import { query } from "./filters.js";
import { PAGE_SIZE } from "./list_model.js";

export class Paginator {
  /**
   * Read into `held`. `told` is called with the answer of every page, and with null where it only
   * begins or ends to search.
   */
  constructor(held, told) {
    this.held = held;
    this.told = told;
    this.isSearching = false;
    this.turn = 0; // a later search ends an earlier one
  }

  /** Read the newest that fits. Returns after the first page; what there is more of it follows. */
  async newest(signal) {
    const turn = this.#begin();
    const page = await this.#page({}, signal);
    if (turn !== this.turn) return;
    this.held.refresh(page);
    this.told(page);
    this.#goOn(turn, page.deliveries.length, signal).catch(() => {}); // the stream breaks, too
  }

  /** Read on where what is held ends. */
  async older() {
    await this.#goOn(this.#begin(), 0);
  }

  /** Leave it at what was found. */
  stop() {
    this.#begin();
    this.told(null);
  }

  #begin() {
    this.isSearching = false;
    this.turn += 1;
    return this.turn;
  }

  async #goOn(turn, count, signal) {
    let found = count;
    try {
      while (turn === this.turn && found < PAGE_SIZE && this.held.next !== null) {
        this.isSearching = true;
        this.told(null);
        const page = await this.#page({ before: this.held.next }, signal);
        if (turn !== this.turn) return;
        found += page.deliveries.length;
        this.held.append(page);
        this.told(page);
      }
    } finally {
      if (turn === this.turn) {
        this.isSearching = false;
        this.told(null);
      }
    }
  }

  #page(place, signal) {
    const asked = new URLSearchParams({ newest: 1, limit: PAGE_SIZE, ...place });
    for (const [name, value] of query()) asked.set(name, value);
    return request(`deliveries?${asked}`, "GET", undefined, signal);
  }}
