/**
 * A resolved tree and what is known of its text, as the bytes of one entry of a pack:
 * eight words (root, length of the text, numbers of nodes, strings, words of `with` lists, lines, characters, 0), the arrays
 * in that order, zeros up to a multiple of eight. Reading makes views, so an entry has to begin at a multiple of four.
 */
import { SyntaxTree } from "../syntax/syntax-tree.ts";

/** What replaces reading and parsing a file. */
export interface KnownTree {
  readonly tree: SyntaxTree;
  /** Of the text, in bytes. */
  readonly length: number;
  readonly lineStarts: ArrayLike<number>;
}

const headerWords = 8;

export function encodeTree({ tree, length, lineStarts }: KnownTree): Uint8Array {
  const { nodes, stringEnds, withLists, characters } = tree;
  const words = headerWords + nodes.length + stringEnds.length + withLists.length + lineStarts.length;
  const bytes = new Uint8Array(Math.ceil((words * 4 + characters.length) / 8) * 8);
  const target = new Int32Array(bytes.buffer, 0, words);
  const counts = [nodes.length, stringEnds.length, withLists.length, lineStarts.length, characters.length];
  target.set([tree.root, length, ...counts]);
  let at = headerWords;
  for (const part of [nodes, stringEnds, withLists, lineStarts]) {
    target.set(part, at);
    at += part.length;
  }
  bytes.set(characters, words * 4);
  return bytes;
}

/** Null when the counts do not add up to the length. */
export function decodeTree(bytes: Uint8Array): KnownTree | null {
  const all = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  if (all.length < headerWords) return null;
  const [root = 0, length = 0, nodes = 0, strings = 0, withs = 0, lines = 0, characters = 0] = all;
  const words = headerWords + nodes + strings + withs + lines;
  if (Math.ceil((words * 4 + characters) / 8) * 8 !== bytes.byteLength) return null;
  let at = headerWords;
  const next = (count: number): Int32Array => {
    at += count;
    return all.subarray(at - count, at);
  };
  const tree = new SyntaxTree({
    root,
    nodes: next(nodes),
    stringEnds: next(strings),
    withLists: next(withs),
    characters: bytes.subarray(words * 4, words * 4 + characters),
  });
  return { tree, length, lineStarts: all.subarray(words - lines, words) };
}
