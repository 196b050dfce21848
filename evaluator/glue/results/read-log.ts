/**
 * What an evaluation read, in a form that can be checked later without evaluating: one letter a path says what was asked,
 * and where the contents mattered an identity follows.
 *
 * An identity is taken *before* the contents are read: whatever happens to the file from then on shows as another change
 * time, which nobody can set. Two changes within one tick of the clock do not, so a file that was changed just before it
 * was read is not trusted ({@link isRacy}), and such a result is not kept.
 */
import { lstatSync, realpathSync, type Stats, statSync } from "node:fs";
import { byteStringOf, fsPath } from "#store/std/byte-string.ts";
import type { FileType } from "../../io.ts";

/** Device, inode, size, time of modification, time of change. */
type Identity = readonly [number, number, number, number, number];
const identityLength = 5;

/**
 * Only the type: `a` nothing there, `r` file, `d` folder, `l` symlink, `u` other.
 * With identity: `F` file, `D` folder (its names), `L` symlink, `S` what is found by following symlinks.
 */
const typeLetters: Readonly<Record<FileType, string>> = { regular: "r", directory: "d", symlink: "l", unknown: "u" };

/** Plain data: what a result depends on. */
export interface ReadLog {
  readonly paths: readonly string[];
  /** A letter for each path. */
  readonly kinds: string;
  /** One after the other, for the paths whose letter is a capital. */
  readonly identities: readonly number[];
  /** Symlinks and where they led. */
  readonly realPaths: readonly (readonly [string, string])[];
  readonly variables: readonly (readonly [string, string])[];
  /** Store paths that have to be registered; the rest of what was written is in their closures. */
  readonly registered: readonly string[];
}

const hasIdentity = (kind: string): boolean => kind >= "A" && kind <= "Z";

/** The kind and identity of a path as it is now; null when it cannot be told. */
function look(path: string): { readonly kind: string; readonly stats: Stats | null } | null {
  try {
    const stats = lstatSync(fsPath(path), { throwIfNoEntry: false });
    return stats === undefined ? { kind: "a", stats: null } : { kind: letterOf(stats), stats };
  } catch {
    return null;
  }
}

function letterOf(stats: Stats): string {
  if (stats.isFile()) return "r";
  if (stats.isDirectory()) return "d";
  return stats.isSymbolicLink() ? "l" : "u";
}

function identityOf(stats: Stats): Identity {
  return [stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs];
}

const clockTickMs = 50;
const coarseTickMs = 2100;

/** Changed so shortly ago that another change might bear the same time. Some file systems count whole seconds. */
function isRacy(stats: Stats, nowMs: number): boolean {
  return stats.ctimeMs + (stats.ctimeMs % 1000 === 0 ? coarseTickMs : clockTickMs) > nowMs;
}

/** Gathers a {@link ReadLog}. All paths are physical ones. */
export class ReadRecorder {
  readonly #types = new Map<string, string>();
  readonly #contents = new Map<string, readonly [string, Identity]>();
  readonly #links = new Map<string, Identity>();
  readonly #realPaths = new Map<string, string>();
  readonly #variables = new Map<string, string>();
  readonly #registered = new Set<string>();
  #isComplete = true;
  #sawYoungFile = false;

  /** False when something was read that cannot be checked later. */
  get isComplete(): boolean {
    return this.#isComplete && !this.#sawYoungFile;
  }

  /** True when a file had only just been changed, so that one more change might not show. */
  get sawYoungFile(): boolean {
    return this.#sawYoungFile;
  }

  giveUp(): void {
    this.#isComplete = false;
  }

  type(path: string, type: FileType | null): void {
    this.#setType(path, type === null ? "a" : typeLetters[type]);
  }

  #setType(path: string, letter: string): void {
    const known = this.#types.get(path);
    if (known !== undefined && known !== letter) this.giveUp();
    this.#types.set(path, letter);
  }

  /** Call before the contents of a file or the names of a folder are read. */
  contents(path: string): void {
    if (this.#contents.has(path)) return;
    const found = look(path);
    if (found === null || found.stats === null) this.#missing(path);
    else if (found.kind === "r") this.#keep(path, "F", found.stats);
    else if (found.kind === "d") this.#keep(path, "D", found.stats);
    else if (found.kind === "l") this.#followed(path);
    else this.giveUp();
  }

  /** Call before a symlink itself is copied. */
  link(path: string): void {
    const found = look(path);
    if (found?.kind === "l" && found.stats !== null) {
      if (isRacy(found.stats, Date.now())) this.#sawYoungFile = true;
      this.#links.set(path, identityOf(found.stats));
    } else this.giveUp();
  }

  /** Something in the store, which is there as a whole and never changes, or is not. */
  object(path: string): void {
    if (this.#contents.has(path)) return;
    const found = look(path);
    if (found === null || found.kind === "u") this.giveUp();
    else if (found.stats === null) this.#setType(path, "a");
    else if (found.kind === "l") this.#links.set(path, identityOf(found.stats));
    else this.#contents.set(path, [found.kind === "r" ? "F" : "D", identityOf(found.stats)]);
  }

  #followed(path: string): void {
    try {
      this.#keep(path, "S", statSync(fsPath(path)));
    } catch {
      this.giveUp();
    }
  }

  /** The evaluation fails or takes another way; either depends on nothing being there. */
  #missing(path: string): void {
    if (look(path)?.kind === "a") this.#setType(path, "a");
    else this.giveUp();
  }

  #keep(path: string, kind: string, stats: Stats): void {
    if (isRacy(stats, Date.now())) this.#sawYoungFile = true;
    this.#contents.set(path, [kind, identityOf(stats)]);
  }

  realPath(path: string, real: string): void {
    this.#realPaths.set(path, real);
  }

  variable(name: string, value: string): void {
    this.#variables.set(name, value);
  }

  written(path: string): void {
    this.#registered.add(path);
  }

  /** What is referred to by something written is valid when that is. */
  referredTo(path: string): void {
    this.#registered.delete(path);
  }

  finish(): ReadLog {
    const paths: string[] = [];
    const kinds: string[] = [];
    const identities: number[] = [];
    for (const [path, [kind, identity]] of this.#contents) {
      paths.push(path);
      kinds.push(kind);
      identities.push(...identity);
    }
    for (const [path, identity] of this.#links) {
      paths.push(path);
      kinds.push("L");
      identities.push(...identity);
    }
    for (const [path, letter] of this.#types) {
      // Its identity has the type.
      const kind = this.#contents.get(path)?.[0];
      if (kind !== undefined && expectedTypes[kind] === letter) continue;
      paths.push(path);
      kinds.push(letter);
    }
    return {
      paths,
      kinds: kinds.join(""),
      identities,
      realPaths: [...this.#realPaths],
      variables: [...this.#variables],
      registered: [...this.#registered],
    };
  }
}

/** True when all of it would be read again as it was; registered paths are the caller's to check. */
export function isUnchanged(log: ReadLog, environment: Readonly<Record<string, string | undefined>>): boolean {
  for (const [name, value] of log.variables) if ((environment[name] ?? "") !== value) return false;
  const { paths, kinds, identities } = log;
  let at = 0;
  for (let index = 0; index < paths.length; index++) {
    const kind = kinds[index] as string;
    if (!isAsBefore(paths[index] as string, kind, identities, at)) return false;
    if (hasIdentity(kind)) at += identityLength;
  }
  return log.realPaths.every(([path, real]) => leadsTo(path, real));
}

const expectedTypes: Readonly<Record<string, string>> = { F: "r", D: "d", L: "l" };

function isAsBefore(path: string, kind: string, identities: readonly number[], at: number): boolean {
  if (kind === "S") {
    const stats = statOrNull(path);
    return stats !== null && isIdentity(stats, identities, at);
  }
  const found = look(path);
  if (found === null) return false;
  const type = expectedTypes[kind];
  if (type === undefined) return found.kind === kind;
  return found.kind === type && found.stats !== null && isIdentity(found.stats, identities, at);
}

function isIdentity(stats: Stats, identities: readonly number[], at: number): boolean {
  return (
    stats.ctimeMs === identities[at + 4] &&
    stats.mtimeMs === identities[at + 3] &&
    stats.size === identities[at + 2] &&
    stats.ino === identities[at + 1] &&
    stats.dev === identities[at]
  );
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(fsPath(path));
  } catch {
    return null;
  }
}

function leadsTo(path: string, real: string): boolean {
  try {
    return byteStringOf(realpathSync(fsPath(path), { encoding: "buffer" })) === real;
  } catch {
    return false;
  }
}
