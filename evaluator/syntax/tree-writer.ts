/**
 * Where the parser puts nodes and strings. All buffers grow and are used again for the next file, so that parsing allocates
 * next to nothing; {@link TreeWriter.finish} copies out what was written.
 *
 * The stack holds things whose number is not known yet (elements, parts, steps): whoever pushes remembers `top` from before
 * and puts it back.
 */
import { hashBytes } from "./name-hash.ts";
import { latin1, SyntaxTree } from "./syntax-tree.ts";

export class TreeWriter {
  nodes: Int32Array = new Int32Array(1 << 14);
  #size = 0;
  stack: Int32Array = new Int32Array(1 << 10);
  top = 0;
  /** Bytes of all strings; the one that is being written begins where the last one ends. */
  characters: Uint8Array = new Uint8Array(1 << 14);
  charactersEnd = 0;
  #stringEnds: Int32Array = new Int32Array(1 << 10);
  #stringCount = 0;
  /** Names by hash, open addressing: the index plus one, 0 where nothing is. The part in use is a power of two long. */
  #table: Int32Array = new Int32Array(1 << 10);
  #mask = 0;
  #nameCount = 0;

  /** @param textLength of what will be parsed */
  begin(textLength: number): void {
    // Offset 0 is no node, so that it can mean "none".
    this.#size = 1;
    this.nodes[0] = 0;
    this.top = 0;
    this.charactersEnd = 0;
    this.#stringCount = 0;
    this.#nameCount = 0;
    this.#makeTable(textLength >> 5);
  }

  finish(root: number): SyntaxTree {
    return new SyntaxTree({
      nodes: this.nodes.slice(0, this.#size),
      stringEnds: this.#stringEnds.slice(0, this.#stringCount),
      characters: this.characters.slice(0, this.charactersEnd),
      withLists: new Int32Array(0),
      root,
    });
  }

  push(word: number): void {
    if (this.top === this.stack.length) this.stack = grown(this.stack, this.top + 1);
    this.stack[this.top++] = word;
  }

  /** Begins a node with its first two words and makes room for `words` more, which {@link word} writes. */
  node(kind: number, pos: number, words: number): number {
    const at = this.#size;
    if (at + words + 2 > this.nodes.length) this.nodes = grown(this.nodes, at + words + 2);
    this.nodes[at] = kind;
    this.nodes[at + 1] = pos;
    this.#size = at + 2;
    return at;
  }

  word(value: number): void {
    this.nodes[this.#size++] = value;
  }

  node1(kind: number, pos: number, first: number): number {
    const at = this.node(kind, pos, 1);
    this.nodes[this.#size++] = first;
    return at;
  }

  node2(kind: number, pos: number, first: number, second: number): number {
    const at = this.node(kind, pos, 2);
    this.nodes[this.#size++] = first;
    this.nodes[this.#size++] = second;
    return at;
  }

  node3(kind: number, pos: number, first: number, second: number, third: number): number {
    const at = this.node(kind, pos, 3);
    this.nodes[this.#size++] = first;
    this.nodes[this.#size++] = second;
    this.nodes[this.#size++] = third;
    return at;
  }

  /** Moves all that was pushed since `mark` into the node that was begun last, its number first. */
  takeWords(mark: number): void {
    const count = this.top - mark;
    if (this.#size + count + 1 > this.nodes.length) this.nodes = grown(this.nodes, this.#size + count + 1);
    this.nodes[this.#size++] = count;
    for (let at = mark; at < this.top; at++) this.nodes[this.#size++] = this.stack[at] as number;
    this.top = mark;
  }

  character(code: number): void {
    if (this.charactersEnd === this.characters.length) {
      this.characters = grownBytes(this.characters, this.charactersEnd + 1);
    }
    this.characters[this.charactersEnd++] = code;
  }

  copy(bytes: Uint8Array, start: number, end: number): void {
    const target = this.charactersEnd;
    const length = end - start;
    if (target + length > this.characters.length) this.characters = grownBytes(this.characters, target + length);
    if (length > 48) this.characters.set(bytes.subarray(start, end), target);
    else for (let at = 0; at < length; at++) this.characters[target + at] = bytes[start + at] as number;
    this.charactersEnd = target + length;
  }

  /** Was anything written that is no string yet? */
  get hasOpenString(): boolean {
    return this.charactersEnd > this.#endOf(this.#stringCount - 1);
  }

  /** Ends the string that is being written; its index. */
  endString(): number {
    if (this.#stringCount === this.#stringEnds.length) {
      this.#stringEnds = grown(this.#stringEnds, this.#stringCount + 1);
    }
    this.#stringEnds[this.#stringCount] = this.charactersEnd;
    return this.#stringCount++;
  }

  text(bytes: Uint8Array, start: number, end: number): number {
    this.copy(bytes, start, end);
    return this.endString();
  }

  /** The one string of this name. */
  name(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const slot = this.#slotOf(bytes, start, end, hash);
    const entry = this.#table[slot] as number;
    if (entry !== 0) return entry - 1;
    const index = this.text(bytes, start, end);
    this.#enter(slot, index);
    return index;
  }

  /** The name that reads as this string. */
  asName(index: number): number {
    const start = this.#endOf(index - 1);
    const end = this.#endOf(index);
    const slot = this.#slotOf(this.characters, start, end, hashBytes(this.characters, start, end));
    const entry = this.#table[slot] as number;
    if (entry !== 0) return entry - 1;
    this.#enter(slot, index);
    return index;
  }

  stringOf(index: number): string {
    return latin1(this.characters, this.#endOf(index - 1), this.#endOf(index));
  }

  #endOf(index: number): number {
    return index < 0 ? 0 : (this.#stringEnds[index] as number);
  }

  /** Where the name is in the table, or belongs. */
  #slotOf(bytes: Uint8Array, start: number, end: number, hash: number): number {
    let slot = (hash ^ (hash >>> 15)) & this.#mask;
    for (;;) {
      const entry = this.#table[slot] as number;
      if (entry === 0 || this.#isString(entry - 1, bytes, start, end)) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }

  #isString(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#endOf(index - 1);
    const length = end - start;
    if (this.#endOf(index) - own !== length) return false;
    for (let at = 0; at < length; at++) if (this.characters[own + at] !== bytes[start + at]) return false;
    return true;
  }

  #enter(slot: number, index: number): void {
    this.#table[slot] = index + 1;
    if (++this.#nameCount * 2 > this.#mask) this.#growTable();
  }

  #growTable(): void {
    const names = this.#table.subarray(0, this.#mask + 1).filter((entry) => entry !== 0);
    this.#makeTable((this.#mask + 1) * 4);
    for (const entry of names) {
      const start = this.#endOf(entry - 2);
      const end = this.#endOf(entry - 1);
      this.#table[this.#slotOf(this.characters, start, end, hashBytes(this.characters, start, end))] = entry;
    }
  }

  #makeTable(least: number): void {
    let size = 256;
    while (size < least) size *= 2;
    if (size > this.#table.length) this.#table = new Int32Array(size);
    else this.#table.fill(0, 0, size);
    this.#mask = size - 1;
  }
}

function grown(words: Int32Array, least: number): Int32Array {
  const larger = new Int32Array(Math.max(words.length * 2, least));
  larger.set(words);
  return larger;
}

function grownBytes(bytes: Uint8Array, least: number): Uint8Array {
  const larger = new Uint8Array(Math.max(bytes.length * 2, least));
  larger.set(bytes);
  return larger;
}
