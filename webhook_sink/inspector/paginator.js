// Paginator: reads the list page by page. One response covers a bounded number of deliveries: if
// few of them match, the paginator continues until there is a screenful or the user stops it.
import { request } from "./api.js";
import { query } from "./filters.js";
import { PAGE_SIZE } from "./list_model.js";

export class Paginator {
  /**
   * Read into `model`. `onPage` gets every page, and null at the start and the end of a search.
   */
  constructor(model, onPage) {
    this.model = model;
    this.onPage = onPage;
    this.isSearching = false;
    this.turn = 0; // a later search ends an earlier one
  }

  /** Read the newest matches. Return after the first page; further pages follow. */
  async newest(signal) {
    const turn = this.#begin();
    const page = await this.#page({}, signal);
    if (turn !== this.turn) return;
    this.model.refresh(page);
    this.onPage(page);
    this.#goOn(turn, page.deliveries.length, signal).catch(() => {}); // the stream reports the error
  }

  /** Read older deliveries. */
  async older() {
    await this.#goOn(this.#begin(), 0);
  }

  /** Stop the search. */
  stop() {
    this.#begin();
    this.onPage(null);
  }

  #begin() {
    this.isSearching = false;
    this.turn += 1;
    return this.turn;
  }

  async #goOn(turn, count, signal) {
    let found = count;
    try {
      while (turn === this.turn && found < PAGE_SIZE && this.model.next !== null) {
        this.isSearching = true;
        this.onPage(null);
        const page = await this.#page({ before: this.model.next }, signal);
        if (turn !== this.turn) return;
        found += page.deliveries.length;
        this.model.append(page);
        this.onPage(page);
      }
    } finally {
      if (turn === this.turn) {
        this.isSearching = false;
        this.onPage(null);
      }
    }
  }

  #page(place, signal) {
    const asked = new URLSearchParams({ newest: 1, limit: PAGE_SIZE, ...place });
    for (const [name, value] of query()) asked.set(name, value);
    return request(`deliveries?${asked}`, "GET", undefined, signal);
  }}
