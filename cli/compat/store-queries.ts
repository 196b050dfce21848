/** What `nix-store --query` answers, in Nix's order: sets are sorted so that references come before what refers to them. */
import type { LocalStore } from "#store/api.ts";
import { formatHash, parseHash } from "#store/formats/hash.ts";
import { isDerivationPath } from "#store/formats/store-path.ts";
import { AppError } from "#store/std/app-error.ts";
import type { StoreQueryName } from "./nix-store-request.ts";
import { dotGraph, graphMl, referenceTree } from "./store-graphs.ts";

export interface StoreQueryRequest {
  readonly store: LocalStore;
  /** The operands, each once it is a store path. */
  readonly paths: readonly string[];
  /** The same, with derivations replaced by their outputs where `--use-output` is given. */
  readonly subjects: readonly string[];
  readonly includeOutputs: boolean;
  /** Name asked for by `--binding`. */
  readonly binding: string;
}

export type StoreQuery = (request: StoreQueryRequest) => Iterable<string>;

export const storeQueries: Readonly<Record<StoreQueryName, StoreQuery>> = {
  outputs: ({ store, paths }) => paths.flatMap((path) => outputsOf(store, path)),
  requisites: ({ store, subjects, includeOutputs }) =>
    inOrder(
      store,
      reach(subjects, (path) => [
        ...infoOf(store, path).references,
        ...(includeOutputs && isDerivationPath(path) ? validOutputs(store, path) : []),
      ]),
    ),
  references: ({ store, subjects }) =>
    inOrder(
      store,
      subjects.flatMap((path) => infoOf(store, path).references),
    ),
  referrers: ({ store, subjects }) =>
    inOrder(
      store,
      subjects.flatMap((path) => store.queryReferrers(path)),
    ),
  referrersClosure: ({ store, subjects }) =>
    inOrder(
      store,
      reach(subjects, (path) => store.queryReferrers(path)),
    ),
  deriver: ({ store, paths }) => paths.map((path) => infoOf(store, path).deriver ?? "unknown-deriver"),
  validDerivers: ({ store, paths }) => paths.flatMap((path) => store.queryValidDerivers(path)),
  binding: ({ store, paths, binding }) => paths.map((path) => bindingOf(store, path, binding)),
  hash: ({ store, subjects }) => subjects.map((path) => formatHash(parseHash(infoOf(store, path).narHash), "base32")),
  size: ({ store, subjects }) => subjects.map((path) => String(infoOf(store, path).narSizeBytes)),
  tree: ({ store, paths }) => referenceTree(paths, (path) => inOrder(store, infoOf(store, path).references)),
  graph: ({ store, subjects }) => dotGraph(subjects, (path) => infoOf(store, path)),
  graphml: ({ store, subjects }) => graphMl(subjects, (path) => infoOf(store, path)),
  resolve: ({ paths }) => paths,
  roots: ({ store, subjects }) => rootsOf(store, subjects),
};

/** Outputs of a derivation, sorted; any other path stands for itself. */
export function outputsOf(store: LocalStore, path: string): string[] {
  if (!isDerivationPath(path)) return [path];
  return [...store.readDerivation(path).outputs.values()].map((output) => output.path).toSorted();
}

export function infoOf(store: LocalStore, path: string): NonNullable<ReturnType<LocalStore["queryPathInfo"]>> {
  const info = store.queryPathInfo(path);
  if (info !== null) return info;
  throw new AppError("STORE_INVALID_PATH", `Path '${path}' is not valid`, {
    hint: "it was never built here, or it was collected; 'nix-store -r' makes it",
  });
}

function validOutputs(store: LocalStore, drvPath: string): string[] {
  return [...store.queryDerivationOutputs(drvPath).values()].filter((path) => store.isValidPath(path));
}

function reach(starts: readonly string[], next: (path: string) => readonly string[]): Set<string> {
  const seen = new Set(starts);
  // A set hands out also what is added while it is walked.
  for (const path of seen) for (const found of next(path)) seen.add(found);
  return seen;
}

/** Each path once, references before what refers to them, else by name: the order that Nix prints sets in. */
export function inOrder(store: LocalStore, paths: Iterable<string>): string[] {
  const wanted = new Set(paths);
  const seen = new Set<string>();
  const sorted: string[] = [];
  const open = (path: string): { path: string; references: readonly string[]; next: number } => {
    seen.add(path);
    return { path, references: infoOf(store, path).references, next: 0 };
  };
  for (const start of [...wanted].toSorted()) {
    if (seen.has(start)) continue;
    const stack = [open(start)];
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const reference = frame.references[frame.next++];
      if (reference === undefined) {
        sorted.push(frame.path);
        stack.pop();
      } else if (wanted.has(reference) && !seen.has(reference)) stack.push(open(reference));
    }
  }
  return sorted;
}

/** The derivation itself, or the one that made a path. */
export function deriverOf(store: LocalStore, path: string): string {
  if (isDerivationPath(path)) return path;
  const { deriver } = infoOf(store, path);
  if (deriver !== null) return deriver;
  throw new AppError("STORE_NO_DERIVER", `Deriver of path '${path}' is not known`);
}

function bindingOf(store: LocalStore, path: string, name: string): string {
  const drvPath = deriverOf(store, path);
  const value = store.readDerivation(drvPath).env.get(name);
  if (value !== undefined) return value;
  throw new AppError("STORE_NO_BINDING", `Derivation '${drvPath}' has no environment binding named '${name}'`);
}

/** Links whose target reaches one of the paths; what keeps an output keeps its derivation. */
function rootsOf(store: LocalStore, paths: readonly string[]): string[] {
  const reaching = reach(paths, (path) => [
    ...store.queryReferrers(path),
    ...(isDerivationPath(path) ? validOutputs(store, path) : []),
  ]);
  return [...store.findRoots()]
    .filter(([, target]) => reaching.has(target))
    .map(([link, target]) => `${link} -> ${target}`);
}
