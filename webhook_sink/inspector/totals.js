// How many there are at the sink: looked up again a little after something came.
import { ask } from "./api.js";

const LATER = 1000; // milliseconds

export class Totals {
  /** `changed` is called when the numbers are others; `judged` when none is left to judge. */
  constructor(changed, judged) {
    this.known = { total: 0, removed: 0, unjudged: 0, events: [], paths: [] };
    this.changed = changed;
    this.judged = judged;
    this.timer = null;
  }

  /** Take what an answer of the list says. */
  take({ total, removed, unjudged, events, paths }) {
    const isJudged = this.known.unjudged > 0 && unjudged === 0;
    this.known = { total, removed, unjudged, events, paths };
    this.changed();
    if (isJudged) this.judged();
    if (unjudged) this.later();
  }

  /** One more came. */
  count() {
    this.known.total += 1;
    this.later();
  }

  /** Look them up, soon. */
  later() {
    this.timer ??= setTimeout(async () => {
      this.timer = null;
      try {
        this.take(await ask("deliveries?newest=1&limit=1"));
      } catch {
        // Whether the sink answers is said by the stream.
      }
    }, LATER);
  }
}
