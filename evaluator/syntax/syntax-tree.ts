/**
 * A parsed file as a few typed arrays (`node-kinds.ts` has the layout): made without an object for each node, written to
 * disk as it is, and turned into expressions only where something is evaluated (`tree-reader.ts`). It knows neither its
 * place in the file system nor that of other files, so equal texts have equal trees.
 */
import { intern } from "./intern.ts";

export interface TreeParts {
  readonly nodes: Int32Array;
  /** End of each string in `characters`; it begins where the one before ends. */
  readonly stringEnds: Int32Array;
  /** Latin1. */
  readonly characters: Uint8Array;
  /** Depths of `with`s, innermost first; each list begins with its length. */
  readonly withLists: Int32Array;
  readonly root: number;
}

export class SyntaxTree implements TreeParts {
  readonly nodes: Int32Array;
  readonly stringEnds: Int32Array;
  readonly characters: Uint8Array;
  /** Set by `compile/resolve.ts`. */
  withLists: Int32Array;
  readonly root: number;
  #text: string | null = null;
  #names: (string | undefined)[] | null = null;

  constructor({ nodes, stringEnds, characters, withLists, root }: TreeParts) {
    this.nodes = nodes;
    this.stringEnds = stringEnds;
    this.characters = characters;
    this.withLists = withLists;
    this.root = root;
  }

  string(index: number): string {
    this.#text ??= latin1(this.characters, 0, this.characters.length);
    return this.#text.slice(this.stringStart(index), this.stringEnds[index]);
  }

  /** As {@link string}, interned. */
  name(index: number): string {
    this.#names ??= new Array(this.stringEnds.length).fill(undefined);
    const known = this.#names[index];
    if (known !== undefined) return known;
    const name = intern(this.string(index));
    this.#names[index] = name;
    return name;
  }

  stringStart(index: number): number {
    return index === 0 ? 0 : (this.stringEnds[index - 1] as number);
  }
}

/** Bytes as a byte string. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.max(0, end - start)).toString("latin1");
}
