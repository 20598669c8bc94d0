// What comes while the page is open, and whether the sink still answers.
import { Refused, ask, follow } from "./api.js";
import { query } from "./filters.js";

const AGAIN = 1500; // milliseconds before the sink is asked again
const TOGETHER = 250; // milliseconds in which changes are looked at together

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()));
  });
}

export class Live {
  /**
   * `on` has functions: `read(signal)` reads the newest page anew, `has(id)` says whether that
   * delivery is of interest, and `came(delivery)`, `changed(delivery)` and
   * `state(words, isLive, isFinal)` hear of it.
   */
  constructor(on) {
    this.on = on;
    this.session = new AbortController();
    this.changes = new Set();
  }

  /** Follow what fits the filters as they now are, until this is called again. */
  async begin() {
    this.session.abort();
    this.session = new AbortController();
    const { signal } = this.session;
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
        if (!signal.aborted) this.on.state("the sink does not answer; trying again", false);
      } catch (error) {
        if (signal.aborted) return;
        const isFinal = error instanceof Refused && error.status < 500;
        const words = isFinal ? error.message : "the sink does not answer; trying again";
        this.on.state(words, false, isFinal);
        if (isFinal) return;
      }
      await pause(AGAIN, signal);
    }
  }

  /** Read the newest page anew, soon. */
  again() {
    this.#noted(null, this.session.signal);
  }

  async #follow(signal) {
    // Which is the newest must be known before the list is read, or one could come in between.
    const { deliveries } = await ask("deliveries?newest=1&limit=1", "GET", undefined, signal);
    const after = deliveries[0]?.id ?? 0;
    await this.on.read(signal);
    const asked = query();
    asked.set("after", after);
    await follow(asked, (event) => this.#heard(event, signal), signal);
  }

  #heard(event, signal) {
    if (signal.aborted) return;
    if (event === null) this.on.state("live", true);
    else if (event.name === "delivery") this.on.came(event.data);
    else if (event.name === "changed") this.#noted(event.data.id, signal);
    else if (event.name === "reload") this.#noted(null, signal);
  }

  /** Look at a delivery again, or at all of them, and with it at what else changes meanwhile. */
  #noted(id, signal) {
    if (this.changes.size === 0) setTimeout(() => this.#look(signal), TOGETHER);
    this.changes.add(id);
  }

  async #look(signal) {
    const ids = [...this.changes];
    this.changes.clear();
    try {
      if (ids.includes(null)) await this.on.read(signal);
      else await this.#lookAt(ids.filter(this.on.has), signal);
    } catch {
      // Where the sink does not answer, the stream breaks off, too, and then all is read anew.
    }
  }

  async #lookAt(ids, signal) {
    if (ids.length === 0) return;
    const [after, before] = [Math.min(...ids) - 1, Math.max(...ids) + 1];
    const asked = `deliveries?after=${after}&before=${before}&limit=1000`;
    const { deliveries } = await ask(asked, "GET", undefined, signal);
    for (const delivery of deliveries) this.on.changed(delivery);
  }
}
