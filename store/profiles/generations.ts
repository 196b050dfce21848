/**
 * Generations of profiles as Nix keeps them: `profile` is a symlink to `profile-<n>-link`, which is a symlink to a store
 * path. Who changes them holds `profile.lock`.
 */
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { lockFile, openLockFile } from "../local/file-lock.ts";
import { ignoreCode } from "../std/system-error.ts";

export interface Generation {
  readonly number: number;
  readonly linkPath: string;
  readonly madeAtMs: number;
  readonly isCurrent: boolean;
}

/** Oldest first. */
export function listGenerations(profile: string): Generation[] {
  const prefix = `${basename(profile)}-`;
  const current = ignoreCode("ENOENT", () => basename(readlinkSync(profile)));
  return readdirSync(dirname(profile))
    .map((name) => ({ name, number: generationNumber(name, prefix) }))
    .filter(({ number }) => number !== null)
    .map(({ name, number }) => {
      const linkPath = join(dirname(profile), name);
      const madeAtMs = lstatSync(linkPath).mtimeMs;
      return { number: number ?? 0, linkPath, madeAtMs, isCurrent: name === current };
    })
    .sort((a, b) => a.number - b.number);
}

function generationNumber(name: string, prefix: string): number | null {
  const digits = name.startsWith(prefix) ? /^(\d+)-link$/.exec(name.slice(prefix.length))?.[1] : undefined;
  return digits === undefined ? null : Number(digits);
}

export interface DeleteOldOptions {
  /** Keep what was current at this time or later; without, only the current one stays. */
  readonly olderThanMs?: number;
  readonly dryRun?: boolean;
  readonly onDelete?: (generation: Generation) => void;
}

/** Deletes generations of a profile, never the current one. What only they kept goes with the next collection. */
export function deleteOldGenerations(profile: string, options: DeleteOldOptions = {}): void {
  withProfileLock(profile, () => {
    for (const generation of oldGenerations(listGenerations(profile), options.olderThanMs)) {
      options.onDelete?.(generation);
      if (options.dryRun !== true) unlinkSync(generation.linkPath);
    }
  });
}

function oldGenerations(generations: readonly Generation[], olderThanMs: number | undefined): Generation[] {
  const newestFirst = generations.toReversed();
  if (olderThanMs === undefined) return generations.filter(({ isCurrent }) => !isCurrent);
  const activeThen = newestFirst.findIndex(({ madeAtMs }) => Math.floor(madeAtMs / 1000) * 1000 < olderThanMs);
  return activeThen < 0 ? [] : newestFirst.slice(activeThen + 1).filter(({ isCurrent }) => !isCurrent);
}

/** Links to generations below a folder, which may hold folders of users; those that we may not change are left out. */
export function findProfiles(folder: string): string[] {
  const profiles: string[] = [];
  if (!mayAccess(folder, constants.R_OK)) return profiles;
  const mayChange = mayAccess(folder, constants.W_OK);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) profiles.push(...findProfiles(path));
    else if (mayChange && entry.isSymbolicLink() && isGenerationLink(basename(readlinkSync(path)))) profiles.push(path);
  }
  return profiles.sort();
}

function mayAccess(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function isGenerationLink(name: string): boolean {
  return /-\d+-link$/.test(name);
}

/** A lock file that nobody else holds is deleted; what is written to it tells those who opened it meanwhile. */
function withProfileLock(profile: string, body: () => void): void {
  const path = `${profile}.lock`;
  for (;;) {
    const fd = openLockFile(path);
    try {
      lockFile(fd, "exclusive", true);
      if (fstatSync(fd).size > 0) continue;
      try {
        body();
      } finally {
        ignoreCode("ENOENT", () => unlinkSync(path));
        writeSync(fd, "d");
      }
      return;
    } finally {
      closeSync(fd);
    }
  }
}
