// Keyboard shortcuts, and the list navigation that they share with the buttons.

const TYPED = "input:not([type=checkbox]), select, textarea, [contenteditable]";
const SCROLLED = "#side, select"; // these need the arrow keys

/** Attach the event handler; `acts` has a function for each key. */
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

const at = (id) => document.getElementById(id);

/** Return the navigation of `list`, detail `panel` and compare `selection`. */
export function createNavigation(list, panel, selection) {
  const current = () => list.focusedId() ?? panel.ids[0] ?? null;

  function move(step) {
    const ids = list.ids();
    const place = ids.indexOf(current());
    const to = ids[place < 0 ? 0 : place + step];
    if (to === undefined) {
      if (step > 0 && !at("older").hidden) at("older").focus();
      return;
    }
    if (panel.ids.length === 1) panel.open([to], true);
    list.focus(to);
  }

  function fold(isUnfolded) {
    const key = list.keyOf(list.focusedId());
    if (key === undefined) return false;
    list.fold(key, isUnfolded);
    return true;
  }

  function leave() {
    const { activeElement } = document;
    if (activeElement?.closest("#filters")) return list.focus(current() ?? list.ids()[0]);
    if (selection.ids.length === 1) return selection.set([]);
    if (panel.ids.length) return close();
    return false;
  }

  function close() {
    if (panel.ids.length === 0) return;
    const [id] = panel.close();
    selection.set([]);
    list.focus(id);
  }

  function mark() {
    const id = current();
    if (id !== null) selection.toggle(id);
  }

  return { move, fold, leave, close, mark };
}
