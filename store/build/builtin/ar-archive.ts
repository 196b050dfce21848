/**
 * The members of an `ar` archive, which is what a `.deb` is: a magic word, then a 60-byte header in ASCII before each
 * member, members padded to even length. Source: deb(5), and ar(5) for the common format.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { AppError } from "../../std/app-error.ts";

export interface ArMember {
  readonly name: string;
  /** Where its contents start in the file. */
  readonly start: number;
  readonly sizeBytes: number;
}

const MAGIC = "!<arch>\n";
const HEADER_BYTES = 60;
const HEADER_END = "`\n";

/** @throws AppError `STORE_BAD_ARCHIVE` */
export function listArMembers(path: string): ArMember[] {
  const fd = openSync(path, "r");
  try {
    if (readText(fd, 0, MAGIC.length) !== MAGIC) throw badArchive(path, "it does not start as one");
    const members: ArMember[] = [];
    const fileBytes = fstatSync(fd).size;
    for (let offset = MAGIC.length; offset < fileBytes; ) {
      const member = readMember(fd, offset, path);
      if (member.start + member.sizeBytes > fileBytes) throw badArchive(path, `member '${member.name}' is cut off`);
      members.push(member);
      offset = member.start + member.sizeBytes + (member.sizeBytes % 2);
    }
    return members;
  } finally {
    closeSync(fd);
  }
}

function readMember(fd: number, offset: number, path: string): ArMember {
  const header = readText(fd, offset, HEADER_BYTES);
  const size = header.slice(48, 58).trim();
  if (header.length !== HEADER_BYTES || header.slice(58) !== HEADER_END || !/^\d+$/.test(size)) {
    throw badArchive(path, `no member starts at byte ${offset}`);
  }
  const name = header.slice(0, 16).trim().replace(/\/$/, "");
  return { name, start: offset + HEADER_BYTES, sizeBytes: Number(size) };
}

function readText(fd: number, offset: number, length: number): string {
  const buffer = Buffer.alloc(length);
  const count = readSync(fd, buffer, 0, length, offset);
  return buffer.toString("latin1", 0, count);
}

function badArchive(path: string, why: string): AppError {
  return new AppError("STORE_BAD_ARCHIVE", `File '${path}' is not a readable ar archive: ${why}`);
}
