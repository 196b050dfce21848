/**
 * `.narinfo` files: what a binary cache says of a path. Printed in Nix's order; hashes in base-32; references as base
 * names. Unknown fields are skipped, as Nix does; missing or repeated ones are an error.
 */
import { AppError } from "../std/app-error.ts";
import { formatHash, parseHash } from "./hash.ts";
import { DEFAULT_STORE_DIR, isStorePath, parseBaseName } from "./store-path.ts";

export interface NarInfo {
  readonly storePath: string;
  /** Relative to the cache. */
  readonly url: string;
  /** `none`, `gzip`, `zstd`, `xz`, `bzip2`, .. */
  readonly compression: string;
  /** `sha256:<base32>` and size of the compressed file. */
  readonly fileHash: string | null;
  readonly fileSizeBytes: number | null;
  /** `sha256:<base32>` */
  readonly narHash: string;
  readonly narSizeBytes: number;
  /** Full store paths. */
  readonly references: readonly string[];
  readonly deriver: string | null;
  readonly system: string | null;
  readonly signatures: readonly string[];
  readonly ca: string | null;
}

/** Text of the file, as a byte string. */
export function printNarInfo(info: NarInfo): string {
  const lines = [`StorePath: ${info.storePath}`, `URL: ${info.url}`, `Compression: ${info.compression}`];
  if (info.fileHash !== null) lines.push(`FileHash: ${base32Hash(info.fileHash)}`);
  if (info.fileSizeBytes !== null) lines.push(`FileSize: ${info.fileSizeBytes}`);
  lines.push(`NarHash: ${base32Hash(info.narHash)}`, `NarSize: ${info.narSizeBytes}`);
  lines.push(`References: ${info.references.map(baseName).join(" ")}`);
  if (info.deriver !== null) lines.push(`Deriver: ${baseName(info.deriver)}`);
  if (info.system !== null) lines.push(`System: ${info.system}`);
  for (const signature of info.signatures) lines.push(`Sig: ${signature}`);
  if (info.ca !== null) lines.push(`CA: ${info.ca}`);
  return `${lines.join("\n")}\n`;
}

function base32Hash(hash: string): string {
  return formatHash(parseHash(hash), "base32");
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** @throws AppError `STORE_BAD_NARINFO` */
export function parseNarInfo(text: string, storeDir: string = DEFAULT_STORE_DIR): NarInfo {
  const { fields, signatures } = readFields(text);
  const storePath = fields.get("StorePath") ?? missing("StorePath");
  if (!isStorePath(storePath, storeDir)) throw bad(`'${storePath}' is not a store path`);
  const fileHash = fields.get("FileHash");
  const fileSize = fields.get("FileSize");
  const deriver = fields.get("Deriver") ?? "unknown-deriver";
  return {
    storePath,
    url: fields.get("URL") || missing("URL"),
    compression: fields.get("Compression") || "bzip2",
    fileHash: fileHash === undefined ? null : base32Hash(fileHash),
    fileSizeBytes: fileSize === undefined ? null : parseSize(fileSize),
    narHash: base32Hash(fields.get("NarHash") ?? missing("NarHash")),
    narSizeBytes: parseSize(fields.get("NarSize") ?? missing("NarSize")),
    references: splitWords(fields.get("References") ?? "").map((name) => joinStorePath(storeDir, name)),
    deriver: deriver === "unknown-deriver" ? null : joinStorePath(storeDir, deriver),
    system: fields.get("System") ?? null,
    signatures,
    ca: fields.get("CA") || null,
  };
}

function readFields(text: string): { fields: Map<string, string>; signatures: string[] } {
  const fields = new Map<string, string>();
  const signatures: string[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const colon = line.indexOf(": ");
    const isEmptyField = colon < 0 && line.endsWith(":");
    if (colon < 0 && !isEmptyField) throw bad(`line '${line}' has no colon`);
    const name = isEmptyField ? line.slice(0, -1) : line.slice(0, colon);
    const value = isEmptyField ? "" : line.slice(colon + 2);
    if (name === "Sig") signatures.push(value);
    else if (fields.has(name)) throw bad(`field '${name}' is there twice`);
    else fields.set(name, value);
  }
  return { fields, signatures };
}

function splitWords(text: string): string[] {
  return text.split(" ").filter((word) => word !== "");
}

function joinStorePath(storeDir: string, name: string): string {
  if (parseBaseName(name) === null) throw bad(`'${name}' is not the name of a store path`);
  return `${storeDir}/${name}`;
}

function parseSize(text: string): number {
  const size = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(size)) throw bad(`'${text}' is not a size`);
  return size;
}

function missing(field: string): never {
  throw bad(`field '${field}' is missing`);
}

function bad(why: string): AppError {
  return new AppError("STORE_BAD_NARINFO", `Cannot read narinfo: ${why}`);
}
