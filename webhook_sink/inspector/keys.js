// The keys. Those of a single letter leave fields to themselves; each is also a control on the page.
const TYPED = "input:not([type=checkbox]), select, textarea, [contenteditable]";
const SCROLLED = "#side, select"; // where the arrows are needed

/** Begin; `acts` has a function for each key. */
export function begin(acts) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]")) return; // it has its own keys
    const { target, key } = event;
    if (key !== "Escape" && target.closest?.(TYPED)) return;
    if (key.startsWith("Arrow") && target.closest?.(SCROLLED)) return;
    const act = Object.hasOwn(acts, key) ? acts[key] : null;
    if (act !== null && act() !== false) event.preventDefault();
  });
}
