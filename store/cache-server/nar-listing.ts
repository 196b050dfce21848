/** The `.ls` of a path: its tree as JSON, with where in the NAR each file's bytes begin. */
import { lstatSync, readlinkSync } from "node:fs";
import { listTree } from "../formats/nar-writer.ts";
import { fromByteString, fsPath } from "../std/byte-string.ts";

type Node =
  | { readonly type: "regular"; readonly size: number; readonly executable?: true; readonly narOffset: number }
  | { readonly type: "directory"; readonly entries: Readonly<Record<string, Node>> }
  | { readonly type: "symlink"; readonly target: string };

/** Each text of a NAR: its length, then its bytes up to a multiple of eight. */
const sizeOf = (byteCount: number): number => 8 + Math.ceil(byteCount / 8) * 8;
const textsSize = (...texts: readonly string[]): number => texts.reduce((sum, text) => sum + sizeOf(text.length), 0);

const MAGIC_SIZE = textsSize("nix-archive-1");
const ENTRY_SIZE = textsSize("entry", "(", "name");
const CLOSE_SIZE = textsSize(")");

/** @param physical the tree */
export function narListing(physical: string): string {
  return JSON.stringify({ version: 1, root: listNode(physical, MAGIC_SIZE).node });
}

interface Listed {
  readonly node: Node;
  /** Offset behind it. */
  readonly end: number;
}

function listNode(path: string, start: number): Listed {
  const stat = lstatSync(fsPath(path));
  if (stat.isSymbolicLink()) {
    const target = readlinkSync(fsPath(path), "latin1");
    const end = start + textsSize("(", "type", "symlink", "target", target) + CLOSE_SIZE;
    return { node: { type: "symlink", target: fromByteString(target) }, end };
  }
  if (stat.isDirectory()) return listFolder(path, start);
  const executable = (stat.mode & 0o100) !== 0;
  const head = textsSize("(", "type", "regular", ...(executable ? ["executable", ""] : []), "contents");
  const narOffset = start + head + 8;
  const node = { type: "regular", size: stat.size, ...(executable ? { executable } : {}), narOffset } as const;
  return { node, end: start + head + sizeOf(stat.size) + CLOSE_SIZE };
}

function listFolder(path: string, start: number): Listed {
  const entries: Record<string, Node> = {};
  let offset = start + textsSize("(", "type", "directory");
  for (const { name } of listTree(path)) {
    const inner = listNode(`${path}/${name}`, offset + ENTRY_SIZE + textsSize(name, "node"));
    entries[fromByteString(name)] = inner.node;
    offset = inner.end + CLOSE_SIZE;
  }
  return { node: { type: "directory", entries }, end: offset + CLOSE_SIZE };
}
