/** What every operation of `nix-store` gets, and how it prints. */
import { writeSync } from "node:fs";
import type { GarbageResult, LocalStore } from "#store/api.ts";
import { type HashAlgorithm, isHashAlgorithm } from "#store/formats/hash.ts";
import { AppError } from "#store/std/app-error.ts";
import type { NixStoreFlags } from "./nix-store.ts";

export interface OperationRequest {
  readonly store: LocalStore;
  readonly given: NixStoreFlags;
  readonly operands: readonly string[];
  readonly signal: AbortSignal;
}

/** @throws AppError `CLI_USAGE` */
export function hashAlgorithmOf(name: string): HashAlgorithm {
  if (isHashAlgorithm(name)) return name;
  throw new AppError("CLI_USAGE", `Unknown hash algorithm '${name}'`, {
    exitCode: 2,
    hint: "sha256, sha512, sha1 or md5",
  });
}

const queryNames = [
  "outputs",
  "requisites",
  "references",
  "referrers",
  "referrersClosure",
  "deriver",
  "validDerivers",
  "binding",
  "hash",
  "size",
  "tree",
  "graph",
  "graphml",
  "resolve",
  "roots",
] as const;

export type StoreQueryName = (typeof queryNames)[number];

/** @throws AppError `CLI_USAGE` when several are asked for at once */
export function queryOf(given: NixStoreFlags): StoreQueryName {
  const asked = queryNames.filter((name) => given[name] !== undefined && given[name] !== false);
  if (asked.length <= 1) return asked[0] ?? "outputs";
  throw new AppError("CLI_USAGE", `Only one query at a time: '--${asked.join("' or '--")}'`, { exitCode: 2 });
}

/** Byte strings to standard output. */
export function printText(text: string): void {
  writeFully(1, Buffer.from(text, "latin1"));
}

export function writeFully(fd: number, chunk: Uint8Array): void {
  for (let offset = 0; offset < chunk.length; ) {
    try {
      offset += writeSync(fd, chunk, offset);
    } catch (error) {
      // A pipe whose reader is slow; the kernel's buffer is full for a moment.
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    }
  }
}

/** What a collection says at its end, in Nix's words. */
export function describeFreed({ deletedPaths, freedBytes }: GarbageResult): string {
  return `${deletedPaths.length} store paths deleted, ${(freedBytes / 1024 / 1024).toFixed(2)} MiB freed`;
}
