// Announcer: new deliveries in the title of a hidden tab and in the ARIA live region.
const ANNOUNCEMENT_INTERVAL_MS = 5000; // limits the announcements
const TITLE = document.title;
const at = (id) => document.getElementById(id);

export class Announcer {
  /** Begin without announcements. */
  constructor() {
    this.unseen = 0;
    this.unspoken = 0;
    this.newest = null;
    this.timer = null;
    document.addEventListener("visibilitychange", () => this.#title(0));
  }

  /** Announce a delivery. */
  tell(delivery) {
    if (document.hidden) this.#title(this.unseen + 1);
    this.unspoken += 1;
    this.newest = delivery;
    this.timer ??= setTimeout(() => this.#speak());
  }

  /** Announce a text. */
  say(words) {
    at("news").textContent = words;
  }

  #title(unseen) {
    this.unseen = unseen;
    document.title = unseen ? `(${unseen.toLocaleString("en")}) ${TITLE}` : TITLE;
  }

  #speak() {
    const { id, verdict } = this.newest;
    const before = this.unspoken > 1 ? `${this.unspoken} new deliveries, the newest: ` : "";
    this.say(`${before}delivery ${id}, ${verdict}`);
    this.unspoken = 0;
    this.timer = setTimeout(() => {
      this.timer = null;
      if (this.unspoken) this.#speak();
    }, ANNOUNCEMENT_INTERVAL_MS);
  }
}
