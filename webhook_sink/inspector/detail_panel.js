// Detail panel beside the list: one delivery, or a comparison. The URL hash has the ids.
import { request } from "./api.js";
import { showComparison } from "./compare.js";
import { showDetail } from "./detail.js";

const WIDE_WINDOW = matchMedia("(min-width: 64rem)"); // otherwise the panel replaces the list
const BATCH_DELAY_MS = 300; // changes within this time share one refresh
const at = (id) => document.getElementById(id);

function addressed() {
  const [, ...ids] = /^#(\d+)(?:,(\d+))?$/.exec(location.hash) ?? [];
  return ids.filter(Boolean).map(Number);
}

export class DetailPanel {
  /** `chosen` is called with the ids that are shown, `said` with an error message. */
  constructor(chosen, said) {
    this.chosen = chosen;
    this.said = said;
    this.ids = [];
    this.shown = []; // the deliveries as they are shown
    this.timer = null;
    this.turn = 0; // a later request supersedes an earlier one
    addEventListener("hashchange", () => this.take(true));
  }

  /** Whether the list is visible beside the panel. */
  get isBeside() {
    return WIDE_WINDOW.matches;
  }

  /** Show the deliveries of the URL; `byHand` moves the focus to the panel. */
  take(byHand) {
    return this.#show(addressed(), byHand);
  }

  /** Show these deliveries; `moves` adds no history entry and keeps the focus. */
  open(ids, moves = false) {
    const address = `#${ids.join(",")}`;
    if (!moves) location.hash = address;
    else {
      history.replaceState(null, "", address);
      this.#show(ids, !this.isBeside);
    }
  }

  /** Close the panel; return the ids that it showed. */
  close() {
    const ids = this.ids;
    history.pushState(null, "", location.pathname + location.search);
    this.#show([], false);
    return ids;
  }

  /** Refresh a changed delivery; if the focus is in the panel, offer the refresh. */
  refresh(delivery) {
    const isAbout = this.shown.some(
      (one) => one.id === delivery.id || one.attempts?.some(({ id }) => id === delivery.first_attempt),
    );
    if (isAbout && this.ids.length === 1) this.timer ??= setTimeout(() => this.#renew(), BATCH_DELAY_MS);
  }

  #renew() {
    this.timer = null;
    if (at("detail").contains(document.activeElement)) at("refresh").hidden = false;
    else this.again();
  }

  /** Reload the panel at the same scroll position. */
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
      if (turn !== this.turn) return; // the user has chosen another one
      this.#fill(found, byHand);
    } catch (error) {
      if (turn === this.turn) this.said(error.message);
    }
  }

  #fill(found, byHand) {
    this.shown = found;
    at("refresh").hidden = true;
    at("side").hidden = found.length === 0;
    document.body.classList.toggle("with-side", found.length > 0);
    document.body.classList.toggle("comparing", found.length > 1);
    at("actions").replaceChildren();
    if (found.length === 0) at("detail").replaceChildren();
    else if (found.length === 1) showDetail(at("detail"), at("actions"), found[0], request);
    else showComparison(at("detail"), ...found);
    at("side").scrollTop = 0;
    if (byHand) at("detail-title")?.focus({ preventScroll: true });
    if (byHand && !this.isBeside) scrollTo(0, 0);
  }
}
