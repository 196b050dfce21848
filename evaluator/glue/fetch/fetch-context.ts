/** What all fetchers need. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { LocalStore } from "#store/api.ts";
import { equalHashes, formatHash, parseHash } from "#store/formats/hash.ts";
import { makeFixedOutputPath } from "#store/formats/store-path.ts";
import { toByteString } from "#store/std/byte-string.ts";
import { EvalIoError } from "../../io.ts";
import type { FetchCache } from "./fetch-cache.ts";

export interface FetchContext {
  readonly store: LocalStore;
  readonly cache: FetchCache;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder for what is kept between evaluations. */
  readonly folder: string;
  readonly log: (line: string) => void;
  readonly trust: TrustSettings;
}

/** Whose store paths are taken from binary caches; keys are as `nix.conf` has them. */
export interface TrustSettings {
  readonly trustedPublicKeys: readonly string[];
  readonly requireSigs: boolean;
}

/** Runs an action with a scratch folder that is gone afterwards. */
export function withScratchFolder<T>(context: FetchContext, action: (folder: string) => T): T {
  mkdirSync(context.folder, { recursive: true });
  const folder = mkdtempSync(join(context.folder, "scratch-"));
  try {
    return action(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Adds a tree under a name; text given and returned is byte strings, `physicalPath` is not. */
export function addTree(context: FetchContext, name: string, physicalPath: string): string {
  return context.store.addPath(name, toByteString(physicalPath));
}

/** NAR hash of a valid path, SRI. */
export function narHashOf(context: FetchContext, storePath: string): string {
  const info = context.store.queryPathInfo(storePath);
  if (info === null) throw new EvalIoError("other", `path '${storePath}' is not valid`);
  return formatHash(parseHash(info.narHash), "sri");
}

/** The valid path that a NAR hash and a name stand for, else null. */
export function pathOfNarHash(context: FetchContext, name: string, narHash: string | null): string | null {
  if (narHash === null) return null;
  const path = makeFixedOutputPath(name, "recursive", parseHash(narHash, "sha256"), {
    storeDir: context.store.storeDir,
  });
  return context.store.isValidPath(path) ? path : null;
}

export function sameHash(left: string, right: string): boolean {
  return equalHashes(parseHash(left, "sha256"), parseHash(right, "sha256"));
}

/** @throws EvalIoError when a tree is not the one that was asked for */
export function checkNarHash(what: string, expected: string | null, got: string): void {
  if (expected === null || sameHash(expected, got)) return;
  throw hashMismatch(what, formatHash(parseHash(expected, "sha256"), "sri"), got);
}

export function hashMismatch(what: string, specified: string, got: string): EvalIoError {
  return new EvalIoError("invalid", `hash mismatch in ${what}:\n  specified: ${specified}\n  got:       ${got}`);
}
