/*
 * Reads a tar archive that is wholly in memory, as Debian's package archives are: ustar with GNU's long names (L, K) and
 * pax headers (path, linkpath). Contents are views into the archive, not copies.
 */
const BLOCK_BYTES = 512;

export type TarEntry =
  | { readonly type: "file"; readonly path: string; readonly executable: boolean; readonly contents: Buffer }
  | { readonly type: "directory"; readonly path: string }
  | { readonly type: "symlink" | "hardlink"; readonly path: string; readonly target: string };

/** The entries in their order; paths have no `./` in front and no slash at the end. Devices and pipes are left out. */
export function* readTar(archive: Buffer): Generator<TarEntry> {
  let longPath: string | undefined;
  let longTarget: string | undefined;
  for (let at = 0; at + BLOCK_BYTES <= archive.length && archive[at] !== 0; ) {
    const header = archive.subarray(at, at + BLOCK_BYTES);
    const sizeBytes = readOctal(header, 124, 12);
    const contents = archive.subarray(at + BLOCK_BYTES, at + BLOCK_BYTES + sizeBytes);
    at += BLOCK_BYTES + Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
    const kind = String.fromCharCode(header[156] ?? 0);
    if (kind === "L") longPath = cutAtNul(contents);
    else if (kind === "K") longTarget = cutAtNul(contents);
    else if (kind === "x") {
      const records = readPaxRecords(contents);
      longPath = records.get("path") ?? longPath;
      longTarget = records.get("linkpath") ?? longTarget;
    } else {
      const entry = toEntry(header, kind, contents, longPath ?? headerPath(header), longTarget);
      if (entry !== null) yield entry;
      longPath = longTarget = undefined;
    }
  }
}

function toEntry(
  header: Buffer,
  kind: string,
  contents: Buffer,
  rawPath: string,
  longTarget: string | undefined,
): TarEntry | null {
  const path = cleanPath(rawPath);
  const target = longTarget ?? readText(header, 157, 100);
  if (path === "") return null;
  if (kind === "0" || kind === "\0") {
    return { type: "file", path, executable: (readOctal(header, 100, 8) & 0o100) !== 0, contents };
  }
  if (kind === "5") return { type: "directory", path };
  if (kind === "2") return { type: "symlink", path, target };
  if (kind === "1") return { type: "hardlink", path, target: cleanPath(target) };
  return null;
}

function headerPath(header: Buffer): string {
  const name = readText(header, 0, 100);
  const isUstar = readText(header, 257, 8).startsWith("ustar") && header[262] === 0;
  const prefix = isUstar ? readText(header, 345, 155) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function readPaxRecords(contents: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < contents.length; ) {
    const space = contents.indexOf(0x20, at);
    const lengthBytes = Number(contents.toString("latin1", at, space));
    if (space < 0 || !(lengthBytes > 0)) break;
    const record = contents.toString("utf8", space + 1, at + lengthBytes - 1);
    const equals = record.indexOf("=");
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += lengthBytes;
  }
  return records;
}

function cleanPath(path: string): string {
  return path
    .replace(/^(\.?\/)+/, "")
    .replace(/\/+$/, "")
    .replace(/^\.$/, "");
}

function readText(block: Buffer, offset: number, lengthBytes: number): string {
  return cutAtNul(block.subarray(offset, offset + lengthBytes));
}

function cutAtNul(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
}

function readOctal(block: Buffer, offset: number, lengthBytes: number): number {
  return Number.parseInt(readText(block, offset, lengthBytes).trim() || "0", 8);
}
