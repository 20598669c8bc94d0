// List model: a bounded run of the deliveries that match the filters, newest first.

export const PAGE_SIZE = 100; // deliveries of one request
const MAX_DELIVERIES = 500;

/** Return what the attempts of one event have in common. */
export const keyOf = (delivery) => delivery.first_attempt ?? delivery.id;

export class ListModel {
  /** Hold nothing. */
  constructor() {
    this.deliveries = [];
    this.next = null; // where older ones begin; null: there are none
    this.newer = 0; // how many came that are newer than those held, once the newest were let go
    this.isNewest = true; // nothing newer was let go
    this.isRead = false;
    this.isOther = false; // the deliveries match earlier filters
  }

  /** The filters are others: nothing that is held can stay when the next page comes. */
  leave() {
    this.isOther = true;
  }

  /** Take the newest page; what is held stays where it joins on. */
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

  /** Take a further page, of older ones. */
  append(page) {
    this.deliveries.push(...page.deliveries);
    this.next = page.next;
    const extra = this.deliveries.length - MAX_DELIVERIES;
    if (extra <= 0) return;
    this.deliveries.splice(0, extra);
    this.isNewest = false;
  }

  /** Take one that came; say whether it is held. */
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

  /** Take what is now known of one, if it is held. */
  change(delivery) {
    const place = this.deliveries.findIndex((one) => one.id === delivery.id);
    if (place >= 0) this.deliveries[place] = delivery;
  }

  /** Say whether a delivery is held. */
  has(id) {
    return this.deliveries.some((one) => one.id === id);
  }

  /** Return the deliveries by their events: each the newest attempt, and those before it. */
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
