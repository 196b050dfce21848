import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { readTar, type TarEntry } from "./read-tar.ts";

const MAX_ARCHIVE_BYTES = 2 ** 31 - 1;

/** How to run a program of the seeds: a command and its first arguments. */
export type CommandPrefix = readonly string[];

/** The entries of a Debian package's data archive. `xz` is the command that decompresses stdin to stdout. */
export function readDeb(path: string, xz: CommandPrefix): Iterable<TarEntry> {
  const { name, contents } = dataMember(readFileSync(path));
  return readTar(decompress(name, contents, xz));
}

export function decompressXz(contents: Buffer, [command = "xz", ...args]: CommandPrefix): Buffer {
  return execFileSync(command, [...args, "-dc"], { input: contents, maxBuffer: MAX_ARCHIVE_BYTES });
}

/** A .deb is an `ar` archive: after 8 bytes of magic, members with a 60-byte header, each padded to an even length. */
function dataMember(archive: Buffer): { name: string; contents: Buffer } {
  for (let at = 8; at + 60 <= archive.length; ) {
    const name = archive
      .toString("latin1", at, at + 16)
      .trim()
      .replace(/\/$/, "");
    const sizeBytes = Number(archive.toString("latin1", at + 48, at + 58));
    const contents = archive.subarray(at + 60, at + 60 + sizeBytes);
    if (name.startsWith("data.tar")) return { name, contents };
    at += 60 + sizeBytes + (sizeBytes % 2);
  }
  throw new Error("Read Debian package: it has no data archive");
}

function decompress(name: string, contents: Buffer, xz: CommandPrefix): Buffer {
  if (name.endsWith(".xz")) return decompressXz(contents, xz);
  if (name.endsWith(".zst")) return zstdDecompressSync(contents);
  if (name.endsWith(".gz")) return gunzipSync(contents);
  if (name === "data.tar") return contents;
  throw new Error(`Read Debian package: unknown compression of '${name}'`);
}
