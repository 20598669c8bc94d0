// Live updates: new and changed deliveries, and the state of the connection.
import { SinkError, request, followStream } from "./api.js";
import { RefreshQueue } from "./refresh_queue.js";
import { query } from "./filters.js";

const RECONNECT_DELAY_MS = 1500;
const HIDDEN_TAB_DELAY_MS = 10_000; // before a hidden tab closes its stream
const POLL_INTERVAL_MS = 5000; // of a hidden tab
const UNREACHABLE = "sink unreachable; reconnecting";

export class LiveUpdates {
  /**
   * `on` has the functions of `RefreshQueue`, `onDelivery(delivery)` for each new delivery, and
   * `showState(words, isLive, isFinal)` for the connection.
   */
  constructor(on) {
    this.on = on;
    this.changes = new RefreshQueue(on);
    this.session = new AbortController(); // one set of filters
    this.stream = new AbortController();
    this.last = 0; // id of the newest reported delivery
    this.isAway = false; // a hidden tab has no stream
    this.leaving = null;
    this.wake = () => {};
    document.addEventListener("visibilitychange", () => this.#seen());
    this.#seen();
  }

  /** Follow the deliveries that match the present filters, until the next call. */
  async begin() {
    this.session.abort();
    this.stream.abort();
    this.wake();
    this.session = new AbortController();
    const { signal } = this.session;
    while (!signal.aborted) {
      const isPolling = this.isAway;
      try {
        if (isPolling) await this.#poll(signal);
        else await this.#follow(signal);
        if (isPolling || this.isAway || signal.aborted) continue;
        this.on.showState(UNREACHABLE, false);
      } catch (error) {
        if (signal.aborted || this.isAway !== isPolling) continue;
        const isFinal = error instanceof SinkError && error.status < 500;
        const words = error instanceof SinkError ? `${error.message}; reconnecting` : UNREACHABLE;
        this.on.showState(isFinal ? error.message : words, false, isFinal);
        if (isFinal) return;
      }
      await this.#pause(RECONNECT_DELAY_MS);
    }
  }

  /** Reload the newest page after a delay. */
  again() {
    this.changes.note(null, this.session.signal);
  }

  async #follow(signal) {
    // Get the newest id before the list, or a delivery in between would be lost.
    const { deliveries } = await request("deliveries?newest=1&limit=1", "GET", undefined, signal);
    this.last = deliveries[0]?.id ?? 0;
    await this.on.read(signal);
    const asked = query();
    asked.set("after", this.last);
    if (signal.aborted || this.isAway) return;
    this.stream = new AbortController();
    await followStream(asked, (event) => this.#heard(event, signal), this.stream.signal);
  }

  #heard(event, signal) {
    if (signal.aborted) return;
    if (event?.id) this.last = event.id;
    if (event === null) this.on.showState("live", true);
    else if (event.name === "delivery") this.on.onDelivery(event.data);
    else if (event.name === "changed") this.changes.note(event.data.id, signal);
    else if (event.name === "reload") this.changes.note(null, signal);
  }

  /** Poll while the tab is hidden: all tabs of a browser share six connections. */
  async #poll(signal) {
    while (this.isAway && !signal.aborted) {
      const asked = query();
      asked.set("after", this.last);
      const page = await request(`deliveries?${asked}`, "GET", undefined, signal);
      for (const delivery of page.deliveries) this.on.onDelivery(delivery);
      this.last = page.next ?? page.deliveries.at(-1)?.id ?? this.last;
      this.on.showState("live", true);
      await this.#pause(POLL_INTERVAL_MS);
    }
  }

  #seen() {
    clearTimeout(this.leaving);
    if (document.hidden) this.leaving = setTimeout(() => this.#leave(), HIDDEN_TAB_DELAY_MS);
    else this.isAway = false;
    if (!document.hidden) this.wake();
  }

  #leave() {
    this.isAway = true;
    this.stream.abort();
    this.wake();
  }

  #pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => (clearTimeout(timer), resolve());
    });
  }
}
