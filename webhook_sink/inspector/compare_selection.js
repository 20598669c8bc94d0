// Selection of two deliveries to compare.
const at = (id) => document.getElementById(id);

export class CompareSelection {
  /** `changed` is called with the selected ids: none, one or two. */
  constructor(changed) {
    this.ids = [];
    this.changed = changed;
    at("unmark").addEventListener("click", () => this.set([]));
  }

  /** Select or deselect a delivery; a third one replaces the first. */
  toggle(id) {
    const isMarked = this.ids.includes(id);
    this.set(isMarked ? this.ids.filter((one) => one !== id) : [...this.ids, id].slice(-2));
  }

  /** Select exactly these deliveries. */
  set(ids) {
    this.ids = ids;
    at("marked").hidden = ids.length !== 1;
    at("marked-what").textContent = `Delivery ${ids[0]} is selected: select another to compare.`;
    this.changed(ids);
  }
}
