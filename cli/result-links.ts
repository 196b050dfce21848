import { resolve } from "node:path";
import type { LocalStore } from "#store/api.ts";

/** `result`, `result-2`, ..: links to what was built, which keep it from being collected. Returns the links. */
export function linkResults(store: LocalStore, paths: readonly string[], link: string): string[] {
  return paths.map((path, index) => store.addIndirectRoot(resolve(index === 0 ? link : `${link}-${index + 1}`), path));
}
