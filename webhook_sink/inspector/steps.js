// From row to row: what the keys do in the list.
const at = (id) => document.getElementById(id);

/** Return what each key does with `list`, what stands at its `side`, and what is `marked`. */
export function steps(list, side, marked) {
  const current = () => list.focusedId() ?? side.ids[0] ?? null;

  function move(step) {
    const ids = list.ids();
    const place = ids.indexOf(current());
    const to = ids[place < 0 ? 0 : place + step];
    if (to === undefined) {
      if (step > 0 && !at("older").hidden) at("older").focus();
      return;
    }
    if (side.ids.length === 1) side.open([to], true);
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
    if (marked.ids.length === 1) return marked.set([]);
    if (side.ids.length) return close();
    return false;
  }

  function close() {
    if (side.ids.length === 0) return;
    const [id] = side.close();
    marked.set([]);
    list.focus(id);
  }

  function mark() {
    const id = current();
    if (id !== null) marked.toggle(id);
  }

  return { move, fold, leave, close, mark };
}
