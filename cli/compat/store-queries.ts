/** What `nix-store --query` answers, each kind for one path. */
import type { LocalStore } from "#store/api.ts";
import { AppError } from "#store/std/app-error.ts";

export type StoreQuery = (store: LocalStore, path: string) => readonly string[];

export type StoreQueryName =
  | "outputs"
  | "requisites"
  | "references"
  | "referrers"
  | "referrersClosure"
  | "deriver"
  | "validDerivers"
  | "hash"
  | "size"
  | "tree"
  | "roots";

export const storeQueries: Readonly<Record<StoreQueryName, StoreQuery>> = {
  outputs: (store, path) => [...store.queryDerivationOutputs(path).values()],
  requisites: (store, path) => store.computeClosure([path]),
  references: (store, path) => infoOf(store, path).references,
  referrers: (store, path) => store.queryReferrers(path),
  referrersClosure: (store, path) => referrersClosure(store, path),
  deriver: (store, path) => [infoOf(store, path).deriver ?? "unknown-deriver"],
  validDerivers: (store, path) => store.queryValidDerivers(path),
  hash: (store, path) => [infoOf(store, path).narHash],
  size: (store, path) => [String(infoOf(store, path).narSizeBytes)],
  tree: (store, path) => tree(store, path),
  roots: (store, path) => rootsOf(store, path),
};

function infoOf(store: LocalStore, path: string): NonNullable<ReturnType<LocalStore["queryPathInfo"]>> {
  const info = store.queryPathInfo(path);
  if (info === null)
    throw new AppError("STORE_INVALID_PATH", `Path '${path}' is not valid`, {
      hint: "it was never built here, or it was collected; 'nix-store -r' makes it",
    });
  return info;
}

function referrersClosure(store: LocalStore, path: string): string[] {
  const seen = new Set<string>();
  const waiting = [path];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    waiting.push(...store.queryReferrers(next));
  }
  return [...seen].toSorted();
}

/** Links whose target reaches the path. */
function rootsOf(store: LocalStore, path: string): string[] {
  const reaching = new Set(referrersClosure(store, path));
  return [...store.findRoots()]
    .filter(([, target]) => reaching.has(target))
    .map(([link, target]) => `${link} -> ${target}`);
}

/** References as an indented tree; what was shown before is marked and not opened again. */
function tree(store: LocalStore, path: string): string[] {
  const lines: string[] = [];
  const shown = new Set<string>();
  const visit = (node: string, first: string, rest: string): void => {
    const again = shown.has(node);
    lines.push(`${first}${node}${again ? " [...]" : ""}`);
    if (again) return;
    shown.add(node);
    const references = infoOf(store, node).references.filter((reference) => reference !== node);
    references.forEach((reference, index) => {
      const last = index === references.length - 1;
      visit(reference, `${rest}${last ? "└───" : "├───"}`, `${rest}${last ? "    " : "│   "}`);
    });
  };
  visit(path, "", "");
  return lines;
}
