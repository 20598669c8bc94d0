// List model: a bounded range of the deliveries that match the filters, newest first.

export const PAGE_SIZE = 100; // deliveries of one request
const MAX_DELIVERIES = 500;

/** Return the key that all attempts of one event share. */
export const keyOf = (delivery) => delivery.first_attempt ?? delivery.id;

export class ListModel {
  /** Begin empty. */
  constructor() {
    this.deliveries = [];
    this.next = null; // cursor of the older deliveries; null: there are none
    this.newer = 0; // number of new deliveries that were not added, because `isNewest` is false
    this.isNewest = true; // the range includes the newest delivery
    this.isRead = false;
    this.isOther = false; // the deliveries match earlier filters
  }

  /** Note that the filters changed: the next page replaces all deliveries. */
  leave() {
    this.isOther = true;
  }

  /** Take the newest page; older deliveries stay if the page is adjacent to them. */
  refresh(page) {
    const fresh = new Map(page.deliveries.map((one) => [one.id, one]));
    const joins = this.deliveries.some(
      (one) => fresh.get(one.id)?.received_at === one.received_at,
    );
    const end = page.deliveries.at(-1)?.id ?? 0;
    const keeps = this.isNewest && !this.isOther && joins && page.next !== null;
    const older = keeps ? this.deliveries.filter((one) => one.id < end) : [];
    this.deliveries = [...page.deliveries, ...older];
    if (older.length === 0) this.next = page.next;
    this.newer = 0;
    this.isNewest = true;
    this.isRead = true;
    this.isOther = false;
    this.#shorten();
  }

  /** Append a page of older deliveries. */
  append(page) {
    this.deliveries.push(...page.deliveries);
    this.next = page.next;
    const extra = this.deliveries.length - MAX_DELIVERIES;
    if (extra <= 0) return;
    this.deliveries.splice(0, extra);
    this.isNewest = false;
  }

  /** Add a new delivery; say whether it was added. */
  add(delivery) {
    if (!this.isNewest) {
      this.newer += 1;
      return false;
    }
    const place = this.deliveries.findIndex((one) => one.id <= delivery.id);
    const isKnown = this.deliveries[place]?.id === delivery.id;
    if (place < 0) this.deliveries.push(delivery);
    else this.deliveries.splice(place, isKnown ? 1 : 0, delivery);
    this.#shorten();
    return !isKnown;
  }

  /** Replace a delivery by its present state, if the model has it. */
  change(delivery) {
    const place = this.deliveries.findIndex((one) => one.id === delivery.id);
    if (place >= 0) this.deliveries[place] = delivery;
  }

  /** Say whether the model has a delivery. */
  has(id) {
    return this.deliveries.some((one) => one.id === id);
  }

  /** Return the deliveries grouped by event: the newest attempt, and the earlier attempts. */
  groups() {
    const groups = new Map();
    for (const delivery of this.deliveries) {
      const group = groups.get(keyOf(delivery));
      if (group) group.others.push(delivery);
      else groups.set(keyOf(delivery), { key: keyOf(delivery), newest: delivery, others: [] });
    }
    return [...groups.values()];
  }

  #shorten() {
    if (this.deliveries.length <= MAX_DELIVERIES) return;
    this.deliveries.length = MAX_DELIVERIES;
    this.next = this.deliveries.at(-1).id;
  }
}
