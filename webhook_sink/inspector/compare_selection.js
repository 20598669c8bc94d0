// Selection of two deliveries to compare.
const at = (id) => document.getElementById(id);

export class CompareSelection {
  /** `changed` is called with the ids that are marked: none, one, or two. */
  constructor(changed) {
    this.ids = [];
    this.changed = changed;
    at("unmark").addEventListener("click", () => this.set([]));
  }

  /** Mark a delivery, or mark it no more; the third one takes the place of the first. */
  toggle(id) {
    const isMarked = this.ids.includes(id);
    this.set(isMarked ? this.ids.filter((one) => one !== id) : [...this.ids, id].slice(-2));
  }

  /** Mark these and no others. */
  set(ids) {
    this.ids = ids;
    at("marked").hidden = ids.length !== 1;
    at("marked-what").textContent = `Delivery ${ids[0]} is marked: mark another to compare them.`;
    this.changed(ids);
  }
}
