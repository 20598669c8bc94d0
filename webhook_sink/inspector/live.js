// What comes while the page is open, and whether the sink still answers.
import { SinkError, request, followStream } from "./api.js";
import { RefreshQueue } from "./refresh_queue.js";
import { query } from "./filters.js";

const AGAIN = 1500; // milliseconds before the sink is asked again
const HIDDEN = 10_000; // milliseconds after which a hidden tab lets go of its stream
const GLANCE = 5000; // milliseconds between two looks of a hidden tab
const LOST = "the sink does not answer; trying again";

export class LiveUpdates {
  /**
   * `on` has what `Changes` asks for, and `came(delivery)` and `state(words, isLive, isFinal)`,
   * which hear of deliveries and of the sink.
   */
  constructor(on) {
    this.on = on;
    this.changes = new RefreshQueue(on);
    this.session = new AbortController(); // follows one set of filters
    this.stream = new AbortController();
    this.last = 0; // the newest delivery that was told of
    this.isAway = false; // nobody looks: then there is no stream
    this.leaving = null;
    this.wake = () => {};
    document.addEventListener("visibilitychange", () => this.#seen());
    this.#seen();
  }

  /** Follow what fits the filters as they now are, until this is called again. */
  async begin() {
    this.session.abort();
    this.stream.abort();
    this.wake();
    this.session = new AbortController();
    const { signal } = this.session;
    while (!signal.aborted) {
      const isGlance = this.isAway;
      try {
        if (isGlance) await this.#glance(signal);
        else await this.#follow(signal);
        if (isGlance || this.isAway || signal.aborted) continue;
        this.on.showState(LOST, false);
      } catch (error) {
        if (signal.aborted || this.isAway !== isGlance) continue;
        const isFinal = error instanceof SinkError && error.status < 500;
        const words = error instanceof SinkError ? `${error.message}; trying again` : LOST;
        this.on.showState(isFinal ? error.message : words, false, isFinal);
        if (isFinal) return;
      }
      await this.#pause(AGAIN);
    }
  }

  /** Read the newest page again, soon. */
  again() {
    this.changes.note(null, this.session.signal);
  }

  async #follow(signal) {
    // Which is the newest must be known before the list is read, or one could come in between.
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

  /** Look now and then, until somebody sees the page: all tabs of a browser share six streams. */
  async #glance(signal) {
    while (this.isAway && !signal.aborted) {
      const asked = query();
      asked.set("after", this.last);
      const page = await request(`deliveries?${asked}`, "GET", undefined, signal);
      for (const delivery of page.deliveries) this.on.onDelivery(delivery);
      this.last = page.next ?? page.deliveries.at(-1)?.id ?? this.last;
      this.on.showState("live", true);
      await this.#pause(GLANCE);
    }
  }

  #seen() {
    clearTimeout(this.leaving);
    if (document.hidden) this.leaving = setTimeout(() => this.#leave(), HIDDEN);
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
