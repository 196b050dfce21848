/** "Did you mean": the names closest to one that does not exist. */

const MAX_DISTANCE = 2;
const MAX_SUGGESTIONS = 5;

/** Levenshtein distance: insertions, removals and replacements of single characters. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
  }
  return row[b.length] ?? 0;
}

/** At most five names within two edits, nearest first, then in the order of the alphabet. */
export function closestNames(wanted: string, names: Iterable<string>): string[] {
  const found: { readonly name: string; readonly distance: number }[] = [];
  for (const name of names) {
    if (Math.abs(name.length - wanted.length) > MAX_DISTANCE) continue;
    const distance = editDistance(wanted, name);
    if (distance <= MAX_DISTANCE && distance < Math.max(wanted.length, name.length)) found.push({ name, distance });
  }
  found.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return found.slice(0, MAX_SUGGESTIONS).map(({ name }) => name);
}

/** `Did you mean 'a', 'b' or 'c'?`, or undefined when nothing is near. */
export function didYouMean(wanted: string, names: Iterable<string>): string | undefined {
  const quoted = closestNames(wanted, names).map((name) => `'${name}'`);
  const last = quoted.pop();
  if (last === undefined) return undefined;
  return `Did you mean ${quoted.length === 0 ? last : `${quoted.join(", ")} or ${last}`}?`;
}
