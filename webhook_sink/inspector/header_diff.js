// Header diff of two deliveries. Names are compared case-insensitively.

function grouped(headers) {
  const groups = new Map();
  for (const header of headers) {
    const name = header[0].toLowerCase();
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(header);
  }
  return groups;
}

/** Yield the pairs of headers; repeated headers are paired in order. */
export function* headerDifferences(one, other) {
  const [left, right] = [grouped(one), grouped(other)];
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const [ours, theirs] = [left.get(name) ?? [], right.get(name) ?? []];
    for (let at = 0; at < Math.max(ours.length, theirs.length); at += 1)
      yield place(ours[at], theirs[at]);
  }
}

function place(one, other) {
  const names = new Set([one, other].filter(Boolean).map(([name]) => name));
  const values = { one: one?.[1] ?? null, other: other?.[1] ?? null };
  const found = { place: Array.from(names).join(" / "), ...values };
  if (!one || !other) return { ...found, state: one ? "removed" : "added" };
  if (one[1] !== other[1]) return { ...found, state: "changed" };
  return { ...found, state: names.size > 1 ? "written" : "same" };
}

/** Say whether the common headers have a different order. */
export function isReordered(one, other) {
  const [left, right] = [grouped(one), grouped(other)];
  const common = (groups, others) => [...groups.keys()].filter((name) => others.has(name));
  return common(left, right).join("\n") !== common(right, left).join("\n");
}
