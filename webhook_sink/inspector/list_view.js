// List view: the rows of the list model. An unchanged row stays in place, with its focus.
import { keyOf } from "./list_model.js";
import { row } from "./row.js";
import { button, pluralize } from "./elements.js";

const at = (id) => document.getElementById(id);

export class ListView {
  /** Show the deliveries of `model`. */
  constructor(model) {
    this.model = model;
    this.compared = new Set(); // ids that are selected for comparison
    this.chosen = new Set(); // ids that are shown beside the list
    this.unfolded = new Set(); // keys of the events whose attempts are all shown
    this.rows = new Map(); // by id: the row, and the text from which it was built
    this.greatest = Infinity; // greater ids are new on the page
    this.isDrawn = true;
    this.focused = null; // id of the row that gets the focus once it exists
    this.sought = null; // id of the row to scroll to
  }

  /** Draw changes in the next animation frame. */
  draw() {
    if (!this.isDrawn) return;
    this.isDrawn = false;
    requestAnimationFrame(() => this.#draw());
  }

  /** Show or hide the attempts before the newest one of an event. */
  fold(key, isUnfolded = !this.unfolded.has(key)) {
    if (isUnfolded) this.unfolded.add(key);
    else this.unfolded.delete(key);
    this.#draw();
  }

  #draw() {
    this.isDrawn = true;
    const wanted = new Map();
    for (const group of this.model.groups()) {
      const isOpen =
        this.unfolded.has(group.key) || group.others.some((one) => this.chosen.has(one.id));
      this.#take(wanted, group.newest, group, isOpen);
      if (isOpen) for (const one of group.others) this.#take(wanted, one, null, false);
      else for (const one of group.others) this.#handOver(one.id, group.newest.id);
    }
    this.#place(wanted);
    at("table").hidden = wanted.size === 0;
    if (this.model.isRead) this.greatest = Math.max(0, ...wanted.keys());
  }

  /** Add the row of a delivery to `wanted`: the present row, or a new one if it changed. */
  #take(wanted, delivery, group, isOpen) {
    const others = group?.others ?? [];
    const hidden = isOpen ? [] : others;
    const text = JSON.stringify([delivery, others.length, hidden, group === null]);
    const before = this.rows.get(delivery.id);
    let element = before?.element;
    if (before?.text !== text) {
      const fold = others.length ? this.#foldButton(group, isOpen) : null;
      element = row(delivery, fold, hidden);
      element.classList.toggle("attempt", group === null);
      element.classList.toggle("new", delivery.id > this.greatest);
      if (before) replace(before.element, element);
    }
    const isChosen = this.chosen.has(delivery.id);
    if (isChosen) element.setAttribute("aria-current", "true");
    else element.removeAttribute("aria-current");
    element.querySelector("input").checked = this.compared.has(delivery.id);
    wanted.set(delivery.id, { element, text, key: keyOf(delivery) });
  }

  #foldButton(group, isOpen) {
    const words = `${pluralize(group.newest.attempt, "attempt")}, first #${group.key}`;
    const element = button(words, () => this.fold(group.key, !isOpen), "fold");
    element.setAttribute("aria-expanded", String(isOpen));
    return element;
  }

  /** Move the focus from a folded row to the row of its newest attempt. */
  #handOver(from, to) {
    if (this.rows.get(from)?.element.contains(document.activeElement)) this.focused = to;
  }

  #place(wanted) {
    for (const [id, { element }] of this.rows) if (!wanted.has(id)) element.remove();
    let next = at("rows").firstChild;
    for (const { element } of wanted.values()) {
      if (element === next) next = next.nextSibling;
      else at("rows").insertBefore(element, next);
    }
    this.rows = wanted;
    if (this.focused !== null) this.focus(this.focused);
    if (this.rows.has(this.sought)) {
      this.rows.get(this.sought).element.scrollIntoView({ block: "nearest" });
      this.sought = null;
    }
    this.focused = null;
  }

  /** Return the ids of the rows, in order. */
  ids() {
    return [...this.rows.keys()];
  }

  /** Return the event key of a row. */
  keyOf(id) {
    return this.rows.get(id)?.key;
  }

  /** Return the id of the row that has the focus, or null. */
  focusedId() {
    const id = document.activeElement?.closest("#rows tr")?.dataset.id;
    return id === undefined ? null : Number(id);
  }

  /** Move the focus to the row of a delivery, if there is one. */
  focus(id) {
    this.rows.get(id)?.element.querySelector(".open").focus();
  }
}

/** Replace `before` by `element`; keep the focus on the corresponding control. */
function replace(before, element) {
  const focused = before.contains(document.activeElement) ? document.activeElement : null;
  before.replaceWith(element);
  if (focused === null) return;
  const like = focused.className ? `.${focused.classList[0]}` : focused.localName;
  (element.querySelector(like) ?? element.querySelector(".open")).focus();
}
