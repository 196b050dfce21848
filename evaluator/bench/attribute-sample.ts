/**
 * Attributes of a nixpkgs tree taken at random, the same for the same seed: out of the names at the top and those inside of
 * package sets. Such sets are told by their names, since forcing everything takes minutes and ends at the first fault.
 */
import { Random } from "../fuzz/random.ts";
import type { AttributeAsker, AttributePath } from "./ask-attributes.ts";

const SET_NAMES = /(packages|plugins|extensions|modules|scope|libs?|themes|servers?|addons)[-_\d.]*$|(Packages|Pkgs)/i;

export async function allAttributes(asker: AttributeAsker): Promise<AttributePath[]> {
  const top = await asker.topLevel();
  const sets = top.filter((name) => SET_NAMES.test(name));
  const members = await asker.membersOf(sets);
  return [
    ...top.map((name) => [name]),
    ...sets.flatMap((set, n) => withoutCopies(top, members[n] ?? []).map((member) => [set, member])),
  ];
}

/** `buildPackages` and the like hold the whole tree once more, and would be most of what is taken. */
function withoutCopies(top: readonly string[], members: readonly string[]): readonly string[] {
  return members.length > top.length / 2 ? [] : members;
}

export function sample<T>(population: readonly T[], count: number, seed: number): T[] {
  const random = new Random(seed);
  const rest = [...population];
  const size = Math.min(count, rest.length);
  // The first `size` places of a shuffle.
  for (let at = 0; at < size; at++) {
    const other = at + random.below(rest.length - at);
    [rest[at], rest[other]] = [rest[other] as T, rest[at] as T];
  }
  return rest.slice(0, size);
}

/** As `-A` takes it. */
export function shownPath(path: AttributePath): string {
  return path.map((name) => (/^[A-Za-z_][\w'-]*$/.test(name) ? name : JSON.stringify(name))).join(".");
}
