/**
 * Versions and package names as `builtins.compareVersions`, `splitVersion` and `parseDrvName` read them.
 *
 * A component is a run of digits or a run of neither digits nor separators; `.` and `-` separate. Components that fit 32 bits
 * compare as numbers, longer runs of digits as text: C++ Nix converts to `int`, and versions made of dates depend on it.
 */

const COMPONENTS = /[0-9]+|[^0-9.-]+/g;
const INT32_MAX = 2147483647;

/** `"1.2pre-3"` -> `["1", "2", "pre", "3"]`. */
export function splitVersion(version: string): string[] {
  return version.match(COMPONENTS) ?? [];
}

/** -1, 0 or 1. */
export function compareVersions(a: string, b: string): number {
  const left = splitVersion(a);
  const right = splitVersion(b);
  for (let n = 0; n < left.length || n < right.length; n++) {
    const one = left[n] ?? "";
    const two = right[n] ?? "";
    if (isLess(one, two)) return -1;
    if (isLess(two, one)) return 1;
  }
  return 0;
}

function isLess(a: string, b: string): boolean {
  const numberA = toInt32(a);
  const numberB = toInt32(b);
  if (numberA !== null && numberB !== null) return numberA < numberB;
  if (a === "" && numberB !== null) return true;
  if (a === "pre" && b !== "pre") return true;
  if (b === "pre") return false;
  if (numberB !== null) return true;
  return numberA === null && a < b;
}

function toInt32(component: string): number | null {
  const code = component.charCodeAt(0);
  if (!(code >= 48 && code <= 57)) return null;
  const value = Number(component);
  return value <= INT32_MAX ? value : null;
}

/** Splits at the first `-` that something other than a letter follows: `nix-0.12pre1` -> `nix`, `0.12pre1`. */
export function parseDrvName(text: string): { readonly name: string; readonly version: string } {
  const dash = text.search(/-[^A-Za-z]/);
  return dash < 0 ? { name: text, version: "" } : { name: text.slice(0, dash), version: text.slice(dash + 1) };
}
