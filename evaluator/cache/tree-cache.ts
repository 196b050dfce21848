/**
 * Parsed files on disk. A folder of packs (`tree-pack.ts`), none of which is ever changed: an evaluation that parsed
 * something writes one more at its end, and when there are many, small ones are written together into one. So there are no
 * locks, a process may be killed at any moment, and of two that do the same both are right.
 *
 * Invariants:
 * 1. An entry is found by the hash of the text it was made from, in packs that bear this program's version in their name.
 * 2. A file's identity stands for its text only when it was taken before the text was read, and when the file had last been
 *    changed long enough before that for any later change to show (as in git's index).
 * 3. Nothing that happens to the folder is an error: without it files are parsed, as with an empty one.
 */
import { hash as oneShotHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import type { FileIdentity } from "../io.ts";
import type { SourceFile } from "../syntax/source-file.ts";
import type { SyntaxTree } from "../syntax/syntax-tree.ts";
import { encodeTree, type KnownTree } from "./tree-entry.ts";
import { Pack, type PackedFile, type PackedText, type StoredIdentity, writePack } from "./tree-pack.ts";

export interface TreeCacheOptions {
  readonly folder: string;
  /** Of all that a tree depends on besides its text; letters and digits. */
  readonly version: string;
  /** Above this the packs used longest ago go. */
  readonly maxBytes?: number;
}

/** More packs than this are merged. */
const maxPacks = 8;
const defaultMaxBytes = 512 * 1024 * 1024;
const dayMs = 24 * 3600_000;
/** A change within one tick of the clock of the last one might not show; some file systems count seconds. */
const tickMs = 50;
const coarseTickMs = 2100;

interface FoundFile {
  readonly pack: Pack;
  readonly file: number;
}

interface FoundText {
  readonly pack: Pack;
  readonly text: number;
}

/** A tree that was made just now; what is known of its text is worked out when it is written. */
export interface ParsedTree {
  readonly tree: SyntaxTree;
  readonly source: SourceFile;
}

interface NewText {
  readonly hash: Buffer;
  /** Null when it is in a pack already. */
  readonly parsed: ParsedTree | null;
}

interface NewFile {
  readonly pathHash: number;
  readonly identity: FileIdentity;
  readonly hash: string;
}

export class TreeCache {
  readonly #options: TreeCacheOptions;
  #packs: readonly Pack[] | null = null;
  #files: Map<number, FoundFile> | null = null;
  #texts: Map<string, FoundText> | null = null;
  /** By hash. */
  readonly #newTexts = new Map<string, NewText>();
  readonly #newFiles: NewFile[] = [];

  constructor(options: TreeCacheOptions) {
    this.#options = options;
  }

  /** What was made of the file when it was as it is now. */
  find(path: string, identity: FileIdentity): KnownTree | null {
    this.#files ??= this.#indexFiles();
    const found = this.#files.get(hashPath(path));
    if (found === undefined || !found.pack.isFile(found.file, identity)) return null;
    const { pack, file } = found;
    const text = pack.textOf(file);
    if (text >= pack.textCount) return null;
    return pack.hasEntry(text) ? safely(() => pack.tree(text)) : this.#findText(keyOf(pack.hash(text)));
  }

  /** What was made of this text, wherever it was; from now on the file is known too. */
  findText(path: string, identity: FileIdentity, hash: Buffer): KnownTree | null {
    const key = hash.toString("hex", 0, hashBytes);
    const parsed = this.#newTexts.get(key)?.parsed ?? null;
    const known = parsed === null ? this.#findText(key) : knownOf(parsed);
    if (known !== null) this.#remember(path, identity, key, { hash, parsed: null });
    return known;
  }

  add(path: string, identity: FileIdentity, hash: Buffer, parsed: ParsedTree): void {
    this.#remember(path, identity, hash.toString("hex", 0, hashBytes), { hash, parsed });
  }

  #remember(path: string, identity: FileIdentity, key: string, text: NewText): void {
    if (!this.#newTexts.has(key)) this.#newTexts.set(key, text);
    if (!isRacy(identity)) this.#newFiles.push({ pathHash: hashPath(path), identity, hash: key });
  }

  get newCount(): number {
    return this.#newTexts.size;
  }

  /** Writes what is new. */
  save(): void {
    if (this.#newTexts.size === 0) return;
    safely(() => {
      const { folder } = this.#options;
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      this.#writeNew();
      this.#prune();
      return null;
    });
    this.#newTexts.clear();
    this.#newFiles.length = 0;
  }

  /** Closes the packs; what is asked for later opens them again. */
  close(): void {
    for (const pack of this.#packs ?? []) safely(() => pack.close() ?? null);
    this.#packs = null;
    this.#files = null;
    this.#texts = null;
  }

  #findText(key: string): KnownTree | null {
    this.#texts ??= this.#indexTexts();
    const found = this.#texts.get(key);
    return found === undefined ? null : safely(() => found.pack.tree(found.text));
  }

  #indexFiles(): Map<number, FoundFile> {
    const files = new Map<number, FoundFile>();
    for (const pack of this.#open()) {
      for (let file = 0; file < pack.fileCount; file++) files.set(pack.pathHash(file), { pack, file });
    }
    return files;
  }

  #indexTexts(): Map<string, FoundText> {
    const texts = new Map<string, FoundText>();
    for (const pack of this.#open()) {
      for (let text = 0; text < pack.textCount; text++) {
        if (pack.hasEntry(text)) texts.set(keyOf(pack.hash(text)), { pack, text });
      }
    }
    return texts;
  }

  /** All packs, those written last at the end. */
  #open(): readonly Pack[] {
    this.#packs ??= this.#list()
      .map(({ path, mtimeMs }) => {
        if (Date.now() - mtimeMs > dayMs) safely(() => utimesSync(path, new Date(), new Date()) ?? null);
        return safely(() => Pack.open(path));
      })
      .filter((pack) => pack !== null);
    return this.#packs;
  }

  #list(): { readonly path: string; readonly size: number; readonly mtimeMs: number }[] {
    const { folder, version } = this.#options;
    const names = safely(() => readdirSync(folder)) ?? [];
    return names
      .filter((name) => name.startsWith(`${version}-`) && name.endsWith(packEnding))
      .sort()
      .flatMap((name) => {
        const path = join(folder, name);
        const stats = safely(() => statSync(path));
        return stats === null ? [] : [{ path, size: stats.size, mtimeMs: stats.mtimeMs }];
      });
  }

  #writeNew(): void {
    const texts: PackedText[] = [];
    const indexes = new Map<string, number>();
    for (const [key, { hash, parsed }] of this.#newTexts) {
      indexes.set(key, texts.length);
      texts.push({ hash: wordsOf(hash), entry: parsed === null ? null : encodeTree(knownOf(parsed)) });
    }
    const files = this.#newFiles.map(
      ({ pathHash, identity, hash }): PackedFile => ({ pathHash, identity, text: indexes.get(hash) ?? 0 }),
    );
    this.#write(texts, files);
  }

  #write(texts: readonly PackedText[], files: readonly PackedFile[]): void {
    const { folder, version } = this.#options;
    // Sorted by name is sorted by time, so that the later of two that name a file counts.
    const name = `${version}-${Date.now().toString(36).padStart(9, "0")}-${randomBytes(6).toString("hex")}`;
    const scratch = join(folder, `${name}.new`);
    try {
      writePack(scratch, texts, files);
      renameSync(scratch, join(folder, `${name}${packEnding}`));
    } catch (error) {
      rmSync(scratch, { force: true });
      throw error;
    }
  }

  #prune(): void {
    this.#removeLeftovers();
    let packs = this.#list();
    if (packs.length > maxPacks) {
      this.#merge(packs.toSorted((a, b) => a.size - b.size).slice(0, packs.length - 2));
      packs = this.#list();
    }
    const { maxBytes = defaultMaxBytes } = this.#options;
    let total = packs.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of packs.toSorted((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (total <= maxBytes) return;
      rmSync(path, { force: true });
      total -= size;
    }
  }

  /** Packs of other versions, and what killed processes left, when nobody has touched them for a day. */
  #removeLeftovers(): void {
    const { folder, version } = this.#options;
    for (const name of readdirSync(folder)) {
      if (name.startsWith(`${version}-`) && name.endsWith(packEnding)) continue;
      const path = join(folder, name);
      const stats = safely(() => statSync(path));
      if (stats !== null && Date.now() - stats.mtimeMs > dayMs) rmSync(path, { force: true });
    }
  }

  #merge(old: readonly { readonly path: string }[]): void {
    const texts = new Map<string, PackedText>();
    const files = new Map<number, { readonly identity: StoredIdentity; readonly key: string }>();
    for (const { path } of old.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
      const pack = safely(() => Pack.open(path));
      if (pack === null) continue;
      for (let text = 0; text < pack.textCount; text++) {
        const key = keyOf(pack.hash(text));
        if ((texts.get(key)?.entry ?? null) === null)
          texts.set(key, { hash: pack.hash(text), entry: pack.entry(text) });
      }
      for (let file = 0; file < pack.fileCount; file++) {
        const text = pack.textOf(file);
        if (text >= pack.textCount) continue;
        files.set(pack.pathHash(file), { identity: pack.identity(file), key: keyOf(pack.hash(text)) });
      }
      pack.close();
    }
    const indexes = new Map([...texts.keys()].map((key, index) => [key, index]));
    const rows = [...files].map(([pathHash, { identity, key }]) => ({
      pathHash,
      identity,
      text: indexes.get(key) ?? 0,
    }));
    this.#write([...texts.values()], rows);
    for (const { path } of old) rmSync(path, { force: true });
  }
}

const packEnding = ".pack";
/** Of a hash that counts. */
const hashBytes = 16;

/** The hash that a text is found by. */
export function textHash(text: string): Buffer {
  return oneShotHash("sha256", Buffer.from(text, "latin1"), "buffer");
}

function knownOf({ tree, source }: ParsedTree): KnownTree {
  return { tree, length: source.length, lineStarts: source.lineStarts };
}

function wordsOf(hash: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(hash.subarray(0, hashBytes)).buffer);
}

function keyOf(words: Uint32Array): string {
  return Buffer.from(words.buffer, words.byteOffset, hashBytes).toString("hex");
}

function isRacy({ mtimeMs, ctimeMs, takenMs }: FileIdentity): boolean {
  const changedMs = Math.max(mtimeMs, ctimeMs);
  return changedMs + (changedMs % 1000 === 0 ? coarseTickMs : tickMs) > takenMs;
}

/** 53 bits of a byte string. */
function hashPath(path: string): number {
  let low = 0x811c9dc5;
  let high = 0;
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at);
    low = Math.imul(low ^ code, 0x01000193);
    high = (Math.imul(high, 31) + code) | 0;
  }
  return (high & 0x1fffff) * 0x1_0000_0000 + (low >>> 0);
}

/** Null where the file system refuses, or a file is not what it should be. */
function safely<T>(action: () => T | null): T | null {
  try {
    return action();
  } catch {
    return null;
  }
}
