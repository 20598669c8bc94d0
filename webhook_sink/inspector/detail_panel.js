// Detail panel beside the list: a delivery, or two compared. The URL hash says which.
import { request } from "./api.js";
import { showComparison } from "./compare.js";
import { showDetail } from "./detail.js";

const WIDE_WINDOW = matchMedia("(min-width: 64rem)"); // otherwise the panel replaces the list
const BATCH_DELAY_MS = 300; // changes within this time are one refresh
const at = (id) => document.getElementById(id);

function addressed() {
  const [, ...ids] = /^#(\d+)(?:,(\d+))?$/.exec(location.hash) ?? [];
  return ids.filter(Boolean).map(Number);
}

export class DetailPanel {
  /** `chosen` is called with the ids that are shown, `said` with why something cannot be. */
  constructor(chosen, said) {
    this.chosen = chosen;
    this.said = said;
    this.ids = [];
    this.shown = []; // the deliveries as they are shown
    this.timer = null;
    this.turn = 0; // which choice the section answers
    addEventListener("hashchange", () => this.take(true));
  }

  /** Whether the list can be seen beside it. */
  get isBeside() {
    return WIDE_WINDOW.matches;
  }

  /** Show what the address says; `byHand` brings the focus there. */
  take(byHand) {
    return this.#show(addressed(), byHand);
  }

  /** Show these; `moves` leaves no trace in the history, and the focus where it is. */
  open(ids, moves = false) {
    const address = `#${ids.join(",")}`;
    if (!moves) location.hash = address;
    else {
      history.replaceState(null, "", address);
      this.#show(ids, !this.isBeside);
    }
  }

  /** Show nothing, and say what was shown. */
  close() {
    const ids = this.ids;
    history.pushState(null, "", location.pathname + location.search);
    this.#show([], false);
    return ids;
  }

  /** A delivery changed: show it again, unless the focus is in the panel. */
  refresh(delivery) {
    const isAbout = this.shown.some(
      (one) => one.id === delivery.id || one.attempts?.some(({ id }) => id === delivery.first_attempt),
    );
    if (isAbout && this.ids.length === 1) this.timer ??= setTimeout(() => this.#renew(), BATCH_DELAY_MS);
  }

  #renew() {
    this.timer = null;
    if (at("detail").contains(document.activeElement)) at("anew").hidden = false;
    else this.again();
  }

  /** Show the same again, at the same scroll position. */
  async again() {
    const { scrollTop } = at("side");
    await this.#show(this.ids, false);
    at("side").scrollTop = scrollTop;
  }

  async #show(ids, byHand) {
    this.turn += 1;
    const { turn } = this;
    this.ids = ids;
    this.chosen(ids);
    this.said("");
    try {
      const found = await Promise.all(ids.map((id) => request(`deliveries/${id}`)));
      if (turn !== this.turn) return; // another one was chosen meanwhile
      this.#fill(found, byHand);
    } catch (error) {
      if (turn === this.turn) this.said(error.message);
    }
  }

  #fill(found, byHand) {
    this.shown = found;
    at("anew").hidden = true;
    at("side").hidden = found.length === 0;
    document.body.classList.toggle("with-side", found.length > 0);
    document.body.classList.toggle("comparing", found.length > 1);
    if (found.length === 0) at("detail").replaceChildren();
    else if (found.length === 1) showDetail(at("detail"), found[0], request);
    else showComparison(at("detail"), ...found);
    at("side").scrollTop = 0;
    if (byHand) at("detail-title")?.focus({ preventScroll: true });
    if (byHand && !this.isBeside) scrollTo(0, 0);
  }
}
