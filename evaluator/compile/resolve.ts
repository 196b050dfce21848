/**
 * Static scopes: decides for every variable of a file whether it is a slot of a frame, a global, or has to be looked up in
 * the enclosing `with`s; an unknown name is an error of the whole file, as in Nix. Runs once over the tree, right after
 * parsing, so that closures can be compiled later, one by one, without any scope at hand. Also sorts the attributes of each
 * set by name.
 *
 * Frames, innermost first: a lambda's parameters (`args@` first, then the formals in order), the names of a `let` or a
 * recursive set (sorted), or the set of a `with` (slot 1).
 *
 * Names are small numbers here. For each there is the innermost entry that binds it now (`#innermost`); entering a scope
 * pushes entries, leaving it takes them back.
 */
import { EvaluationError } from "../errors.ts";
import { hashBytes, hashName } from "../syntax/name-hash.ts";
import {
  applicationNode,
  assertNode,
  attributeSetNode,
  attributeWords,
  binaryNode,
  conditionalNode,
  dynamicWords,
  formalWords,
  globalDepth,
  hasAttributeNode,
  interpolationNode,
  kindMask,
  lambdaNode,
  letNode,
  listNode,
  notNode,
  recursiveFlag,
  searchPathNode,
  selectNode,
  setHeaderWords,
  variableNode,
  withDepth,
  withNode,
} from "../syntax/node-kinds.ts";
import type { SyntaxTree } from "../syntax/syntax-tree.ts";
import { didYouMean } from "../text/edit-distance.ts";

export class StaticScope {
  readonly parent: StaticScope | null;
  /** Null for a `with`. */
  readonly slots: ReadonlyMap<string, number> | null;
  constructor(parent: StaticScope | null, slots: ReadonlyMap<string, number> | null) {
    this.parent = parent;
    this.slots = slots;
  }
}

/** Names that need no scope, with what makes asking for one cheap. */
export class GlobalNames {
  readonly names: ReadonlyMap<string, unknown>;
  readonly #hashes: ReadonlySet<number>;

  constructor(names: ReadonlyMap<string, unknown>) {
    this.names = names;
    this.#hashes = new Set([...names.keys()].map(hashName));
  }

  has(tree: SyntaxTree, name: number): boolean {
    const hash = hashBytes(tree.characters, tree.stringStart(name), tree.stringEnds[name] as number);
    return this.#hashes.has(hash) && this.names.has(tree.string(name));
  }
}

/** Binds all variables of a tree; `base` is what its places are relative to. */
export function resolve(tree: SyntaxTree, base: number, scope: StaticScope | null, globals: GlobalNames): void {
  new Resolver(tree, base, globals).run(scope);
}

class Resolver {
  readonly #tree: SyntaxTree;
  readonly #nodes: Int32Array;
  readonly #base: number;
  readonly #globals: GlobalNames;
  /** Innermost entry of each name plus one; 0 for none. */
  readonly #innermost: Int32Array;
  /** Is the name a global? 0 not asked yet, 1 yes, 2 no. */
  readonly #isGlobal: Uint8Array;
  /** Entries: which name, at which level, in which slot, and the entry it hides (plus one). */
  readonly #entryName: number[] = [];
  readonly #entryLevel: number[] = [];
  readonly #entrySlot: number[] = [];
  readonly #entryHides: number[] = [];
  /** Levels: of `with`s, innermost last; and the list made for the `with`s of now, or -1. */
  readonly #withs: number[] = [];
  #withList = -1;
  readonly #withLists: number[] = [];
  /** Depth of scopes. */
  #level = 0;
  #outer: StaticScope | null = null;

  constructor(tree: SyntaxTree, base: number, globals: GlobalNames) {
    this.#tree = tree;
    this.#nodes = tree.nodes;
    this.#base = base;
    this.#globals = globals;
    this.#innermost = new Int32Array(tree.stringEnds.length);
    this.#isGlobal = new Uint8Array(tree.stringEnds.length);
  }

  run(scope: StaticScope | null): void {
    this.#outer = scope;
    if (scope !== null) this.#enterOuter(scope);
    this.#visit(this.#tree.root);
    this.#tree.withLists = Int32Array.from(this.#withLists);
  }

  /** The scopes around the whole text. */
  #enterOuter(scope: StaticScope): void {
    const names = new Map<string, number>();
    const { stringEnds } = this.#tree;
    for (let index = stringEnds.length - 1; index >= 0; index--) names.set(this.#tree.string(index), index);
    const scopes: StaticScope[] = [];
    for (let at: StaticScope | null = scope; at !== null; at = at.parent) scopes.unshift(at);
    for (const { slots } of scopes) {
      if (slots === null) this.#withs.push(this.#level);
      for (const [name, slot] of slots ?? []) {
        const index = names.get(name);
        if (index !== undefined) this.#declare(index, slot);
      }
      this.#level++;
    }
  }

  #visit(at: number): void {
    const nodes = this.#nodes;
    switch ((nodes[at] as number) & kindMask) {
      case variableNode:
        this.#bind(at, 0);
        return;
      case applicationNode:
        this.#visit(nodes[at + 2] as number);
        this.#visitList(at + 3);
        return;
      case selectNode:
        this.#visit(nodes[at + 2] as number);
        this.#visitSteps(at + 4);
        if (nodes[at + 3] !== 0) this.#visit(nodes[at + 3] as number);
        return;
      case interpolationNode:
      case listNode:
        this.#visitList(at + 2);
        return;
      case attributeSetNode:
        this.#visitSet(at);
        return;
      case lambdaNode:
        this.#visitLambda(at);
        return;
      case letNode: {
        const mark = this.#entryName.length;
        this.#visitMembers(nodes[at + 2] as number);
        this.#visit(nodes[at + 3] as number);
        this.#leave(mark);
        return;
      }
      default:
        this.#visitOther(at);
    }
  }

  #visitOther(at: number): void {
    const nodes = this.#nodes;
    switch ((nodes[at] as number) & kindMask) {
      case withNode:
        this.#visit(nodes[at + 2] as number);
        this.#visitWithBody(nodes[at + 3] as number);
        return;
      case conditionalNode:
        this.#visit(nodes[at + 2] as number);
        this.#visit(nodes[at + 3] as number);
        this.#visit(nodes[at + 4] as number);
        return;
      case assertNode:
        this.#visit(nodes[at + 2] as number);
        this.#visit(nodes[at + 4] as number);
        return;
      case binaryNode:
        this.#visit(nodes[at + 2] as number);
        this.#visit(nodes[at + 3] as number);
        return;
      case notNode:
        this.#visit(nodes[at + 2] as number);
        return;
      case hasAttributeNode:
        this.#visit(nodes[at + 2] as number);
        this.#visitSteps(at + 3);
        return;
      case searchPathNode:
        this.#bind(nodes[at + 3] as number, 0);
        this.#bind(nodes[at + 4] as number, 0);
    }
  }

  #visitList(at: number): void {
    const end = at + 1 + (this.#nodes[at] as number);
    for (let index = at + 1; index < end; index++) this.#visit(this.#nodes[index] as number);
  }

  #visitSteps(at: number): void {
    const end = at + 1 + (this.#nodes[at] as number);
    for (let index = at + 1; index < end; index++) {
      const step = this.#nodes[index] as number;
      if ((step & 1) === 1) this.#visit(step >> 1);
    }
  }

  #visitWithBody(body: number): void {
    const list = this.#withList;
    this.#withs.push(this.#level++);
    this.#withList = -1;
    this.#visit(body);
    this.#withs.pop();
    this.#level--;
    this.#withList = list;
  }

  #visitSet(at: number): void {
    const isRecursive = ((this.#nodes[at] as number) & recursiveFlag) !== 0;
    const mark = this.#entryName.length;
    this.#visitMembers(at, isRecursive);
    if (isRecursive) this.#leave(mark);
  }

  /** The members of a set or `let`; of a recursive one in a scope of their own, which stays open. */
  #visitMembers(at: number, isRecursive = true): void {
    const nodes = this.#nodes;
    const first = at + setHeaderWords + (nodes[at + 2] as number);
    const dynamic = first + (nodes[at + 3] as number) * attributeWords;
    const end = dynamic + (nodes[at + 4] as number) * dynamicWords;
    sortAttributes(this.#tree, first, nodes[at + 3] as number);
    if (isRecursive) {
      for (let member = first, slot = 1; member < dynamic; member += attributeWords, slot++) {
        this.#declare(nodes[member] as number, slot);
      }
      this.#enter();
    }
    for (let member = first; member < dynamic; member += attributeWords) {
      const value = nodes[member + 2] as number;
      // `inherit x;` means the x of outside.
      if (isRecursive && nodes[member + 3] === 1) this.#bind(value, 1);
      else this.#visit(value);
    }
    for (let source = at + setHeaderWords; source < first; source++) this.#visit(nodes[source] as number);
    for (let member = dynamic; member < end; member += dynamicWords) {
      this.#visit(nodes[member] as number);
      this.#visit(nodes[member + 2] as number);
    }
  }

  #visitLambda(at: number): void {
    const nodes = this.#nodes;
    const mark = this.#entryName.length;
    const parametersEnd = at + 5 + (nodes[at + 4] as number);
    const formalsEnd = parametersEnd + 1 + (nodes[parametersEnd] as number);
    let slot = 1;
    for (let parameter = at + 5; parameter < parametersEnd; parameter++) {
      this.#declare(nodes[parameter] as number, slot++);
    }
    for (let formal = parametersEnd + 1; formal < formalsEnd; formal += formalWords) {
      this.#declare(nodes[formal] as number, slot++);
    }
    this.#enter();
    for (let formal = parametersEnd + 1; formal < formalsEnd; formal += formalWords) {
      if (nodes[formal + 2] !== 0) this.#visit(nodes[formal + 2] as number);
    }
    this.#visit(nodes[at + 2] as number);
    this.#leave(mark);
  }

  /** Binds a name in the scope that is entered next. */
  #declare(name: number, slot: number): void {
    const index = this.#entryName.length;
    this.#entryName.push(name);
    this.#entryLevel.push(this.#level);
    this.#entrySlot.push(slot);
    this.#entryHides.push(this.#innermost[name] as number);
    this.#innermost[name] = index + 1;
  }

  #enter(): void {
    this.#level++;
    this.#withList = -1;
  }

  /** Leaves a scope, whose entries begin at `mark`. */
  #leave(mark: number): void {
    for (let index = this.#entryName.length - 1; index >= mark; index--) {
      this.#innermost[this.#entryName[index] as number] = this.#entryHides[index] as number;
    }
    this.#entryName.length = mark;
    this.#entryLevel.length = mark;
    this.#entrySlot.length = mark;
    this.#entryHides.length = mark;
    this.#level--;
    this.#withList = -1;
  }

  /** @param without how many of the innermost scopes do not count (0 or 1) */
  #bind(at: number, without: number): void {
    const nodes = this.#nodes;
    const name = nodes[at + 2] as number;
    let entry = this.#innermost[name] as number;
    if (without > 0 && entry > 0 && this.#entryLevel[entry - 1] === this.#level - 1) {
      entry = this.#entryHides[entry - 1] as number;
    }
    if (entry > 0) {
      nodes[at + 3] = this.#level - 1 - without - (this.#entryLevel[entry - 1] as number);
      nodes[at + 4] = this.#entrySlot[entry - 1] as number;
    } else if (this.#isGlobalName(name)) {
      nodes[at + 3] = globalDepth;
      nodes[at + 4] = 0;
    } else if (this.#withs.length > 0) {
      nodes[at + 3] = withDepth;
      nodes[at + 4] = without > 0 ? this.#makeWithList(without) : this.#currentWithList();
    } else this.#failUndefined(name, this.#base + (nodes[at + 1] as number), without);
  }

  #isGlobalName(name: number): boolean {
    if (this.#isGlobal[name] === 0) this.#isGlobal[name] = this.#globals.has(this.#tree, name) ? 1 : 2;
    return this.#isGlobal[name] === 1;
  }

  #currentWithList(): number {
    if (this.#withList < 0) this.#withList = this.#makeWithList(0);
    return this.#withList;
  }

  #makeWithList(without: number): number {
    const start = this.#withLists.length;
    this.#withLists.push(this.#withs.length);
    for (let index = this.#withs.length - 1; index >= 0; index--) {
      this.#withLists.push(this.#level - 1 - without - (this.#withs[index] as number));
    }
    return start;
  }

  #failUndefined(index: number, pos: number, without: number): never {
    const visible = new Set<string>(this.#globals.names.keys());
    for (let level = this.#level - 1 - without; level >= 0; level--) {
      for (const [entry, at] of this.#entryLevel.entries()) {
        if (at === level) visible.add(this.#tree.string(this.#entryName[entry] as number));
      }
    }
    for (let at = this.#outer; at !== null; at = at.parent)
      for (const name of at.slots?.keys() ?? []) visible.add(name);
    const name = this.#tree.string(index);
    throw new EvaluationError("undefined-variable", `undefined variable '${name}'`, pos, didYouMean(name, visible));
  }
}

/** Sorts the attributes of a set by name, in place. */
function sortAttributes(tree: SyntaxTree, first: number, count: number): void {
  const { nodes } = tree;
  if (count > maxInsertionSorted) {
    const order = Array.from({ length: count }, (_, index) => index);
    const nameOf = (index: number): number => nodes[first + index * attributeWords] as number;
    order.sort((a, b) => compareStrings(tree, nameOf(a), nameOf(b)));
    const copy = nodes.slice(first, first + count * attributeWords);
    order.forEach((from, to) => {
      const words = copy.subarray(from * attributeWords, (from + 1) * attributeWords);
      nodes.set(words, first + to * attributeWords);
    });
    return;
  }
  for (let index = 1; index < count; index++) {
    let at = first + index * attributeWords;
    const name = nodes[at] as number;
    while (at > first && compareStrings(tree, nodes[at - attributeWords] as number, name) > 0) {
      swapAttributes(nodes, at - attributeWords, at);
      at -= attributeWords;
    }
  }
}

const maxInsertionSorted = 24;

function swapAttributes(nodes: Int32Array, left: number, right: number): void {
  for (let word = 0; word < attributeWords; word++) {
    const kept = nodes[left + word] as number;
    nodes[left + word] = nodes[right + word] as number;
    nodes[right + word] = kept;
  }
}

/** Order of two strings by their bytes. */
function compareStrings(tree: SyntaxTree, a: number, b: number): number {
  const { characters, stringEnds } = tree;
  const startA = tree.stringStart(a);
  const startB = tree.stringStart(b);
  const lengthA = (stringEnds[a] as number) - startA;
  const lengthB = (stringEnds[b] as number) - startB;
  const length = Math.min(lengthA, lengthB);
  for (let at = 0; at < length; at++) {
    const difference = (characters[startA + at] as number) - (characters[startB + at] as number);
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB;
}
