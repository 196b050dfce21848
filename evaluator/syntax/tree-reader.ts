/**
 * Makes expressions of a tree's nodes. What is computed at once comes as it is; what is computed later comes as a
 * `Deferred`, unless it is an atom or as small as one, since those are built in place of a thunk (see `Compiler.delay`). So
 * what never runs never becomes an object.
 */
import type {
  Attribute,
  AttributeSet,
  Binding,
  Deferred,
  DynamicAttribute,
  Expr,
  Formal,
  Formals,
  Literal,
  PathLiteral,
  PathStep,
  Variable,
} from "./ast.ts";
import { canonicalPath } from "./canonical-path.ts";
import {
  applicationNode,
  assertNode,
  attributeSetNode,
  attributeWords,
  bigIntNode,
  binaryNode,
  binaryOperators,
  conditionalNode,
  currentPositionNode,
  dynamicWords,
  ellipsisFlag,
  floatNode,
  formalsFlag,
  formalWords,
  globalDepth,
  hasAttributeNode,
  inheritedFromNode,
  interpolationNode,
  intNode,
  kindMask,
  lambdaNode,
  letNode,
  listNode,
  notNode,
  operatorShift,
  pathNode,
  pathType,
  plusType,
  recursiveFlag,
  searchPathNode,
  selectNode,
  setHeaderWords,
  slashFlag,
  stringNode,
  typeMask,
  unresolvedDepth,
  variableNode,
  withDepth,
  withNode,
} from "./node-kinds.ts";
import type { SyntaxTree } from "./syntax-tree.ts";

/** Where a tree is: what its places and paths are relative to. */
export interface TreePlace {
  /** Of the file (`source-file.ts`). */
  readonly base: number;
  readonly folder: string;
  readonly home: string;
}

/** Lists and sets up to this size are looked into: they may be made of atoms. */
const maxSmall = 8;

class DeferredNode implements Deferred {
  readonly kind = "deferred";
  readonly isCall: boolean;
  readonly pos: number;
  readonly #reader: TreeReader;
  readonly #at: number;

  constructor(reader: TreeReader, at: number, pos: number, isCall: boolean) {
    this.isCall = isCall;
    this.pos = pos;
    this.#reader = reader;
    this.#at = at;
  }

  load(): Expr {
    return this.#reader.read(this.#at);
  }
}

export class TreeReader {
  readonly #tree: SyntaxTree;
  readonly #nodes: Int32Array;
  readonly #place: TreePlace;
  #defers = true;

  constructor(tree: SyntaxTree, place: TreePlace) {
    this.#tree = tree;
    this.#nodes = tree.nodes;
    this.#place = place;
  }

  /** With nothing deferred. */
  whole(at: number): Expr {
    this.#defers = false;
    return this.read(at);
  }

  read(at: number): Expr {
    const nodes = this.#nodes;
    const pos = this.#pos(at);
    switch (this.#kind(at)) {
      case variableNode:
        return this.#variable(at);
      case applicationNode:
        return { kind: "application", callee: this.#child(at, 2), args: this.#laterList(at + 3), pos };
      case selectNode: {
        const fallback = this.#word(at, 3);
        return {
          kind: "select",
          from: this.#child(at, 2),
          path: this.#steps(at + 4),
          fallback: fallback === 0 ? null : this.#later(fallback),
          pos,
        };
      }
      case lambdaNode:
        return this.#lambda(at);
      case attributeSetNode:
        return this.#set(at);
      case listNode:
        return { kind: "list", elements: this.#laterList(at + 2), pos };
      case letNode:
        return { kind: "let", bindings: this.#set(this.#word(at, 2)), body: this.#child(at, 3), pos };
      case conditionalNode:
        return {
          kind: "conditional",
          condition: this.#child(at, 2),
          consequent: this.#later(this.#word(at, 3)),
          alternative: this.#later(this.#word(at, 4)),
          pos,
        };
      case interpolationNode:
        return this.#interpolation(at);
      case inheritedFromNode:
        return {
          kind: "inherited-from",
          source: nodes[at + 2] as number,
          name: this.#tree.name(this.#word(at, 3)),
          pos,
        };
      default:
        return this.#readOther(at, pos);
    }
  }

  #readOther(at: number, pos: number): Expr {
    switch (this.#kind(at)) {
      case withNode:
        return { kind: "with", scope: this.#later(this.#word(at, 2)), body: this.#child(at, 3), pos };
      case assertNode: {
        const text = this.#tree.string(this.#word(at, 3));
        return { kind: "assert", condition: this.#child(at, 2), text, body: this.#child(at, 4), pos };
      }
      case binaryNode: {
        const operator = binaryOperators[this.#word(at, 0) >> operatorShift] ?? "==";
        return { kind: "binary", operator, left: this.#child(at, 2), right: this.#child(at, 3), pos };
      }
      case notNode:
        return { kind: "not", operand: this.#child(at, 2), pos };
      case hasAttributeNode:
        return { kind: "has-attribute", from: this.#child(at, 2), path: this.#steps(at + 3), pos };
      case searchPathNode:
        return {
          kind: "search-path",
          path: this.#tree.string(this.#word(at, 2)),
          finder: this.#variable(this.#word(at, 3)),
          searchPath: this.#variable(this.#word(at, 4)),
          pos,
        };
      case currentPositionNode:
        return { kind: "current-position", pos };
      case pathNode:
        return this.#path(at);
      default:
        return this.#literal(at);
    }
  }

  #word(at: number, index: number): number {
    return this.#nodes[at + index] as number;
  }

  #kind(at: number): number {
    return this.#word(at, 0) & kindMask;
  }

  #pos(at: number): number {
    return this.#place.base + this.#word(at, 1);
  }

  #child(at: number, index: number): Expr {
    return this.read(this.#word(at, index));
  }

  /** For what is computed later, if ever. */
  #later(at: number): Expr {
    if (!this.#defers || this.#isSmall(at)) return this.read(at);
    return new DeferredNode(this, at, this.#pos(at), this.#isCall(at));
  }

  #isCall(at: number): boolean {
    if (this.#kind(at) !== applicationNode) return false;
    const callee = this.#word(at, 2);
    const base = this.#kind(callee) === selectNode ? this.#word(callee, 2) : callee;
    return this.#kind(base) === variableNode && this.#word(base, 3) !== withDepth;
  }

  #laterList(at: number): Expr[] {
    const count = this.#word(at, 0);
    const list: Expr[] = [];
    for (let index = 1; index <= count; index++) list.push(this.#later(this.#word(at, index)));
    return list;
  }

  /** Is it an atom, a select of a variable, or a list or set of a few atoms? */
  #isSmall(at: number): boolean {
    switch (this.#kind(at)) {
      case selectNode:
        return this.#kind(this.#word(at, 2)) === variableNode;
      case listNode: {
        const count = this.#word(at, 2);
        if (count > maxSmall) return false;
        for (let index = 3; index < 3 + count; index++) if (!this.#isAtom(this.#word(at, index))) return false;
        return true;
      }
      case attributeSetNode:
        return this.#isSmallSet(at);
      default:
        return this.#isAtom(at);
    }
  }

  #isSmallSet(at: number): boolean {
    const count = this.#word(at, 3);
    if (count > maxSmall || this.#word(at, 4) > 0 || (this.#word(at, 0) & recursiveFlag) !== 0) return false;
    const first = at + setHeaderWords + this.#word(at, 2);
    for (let member = first; member < first + count * attributeWords; member += attributeWords) {
      if (!this.#isAtom(this.#word(member, 2))) return false;
    }
    return true;
  }

  #isAtom(at: number): boolean {
    switch (this.#kind(at)) {
      case intNode:
      case bigIntNode:
      case floatNode:
      case stringNode:
      case pathNode:
      case variableNode:
      case lambdaNode:
      case inheritedFromNode:
        return true;
      case listNode:
        return this.#word(at, 2) === 0;
      case attributeSetNode:
        return this.#word(at, 3) === 0 && this.#word(at, 4) === 0;
      default:
        return false;
    }
  }

  #variable(at: number): Variable {
    const name = this.#tree.name(this.#word(at, 2));
    return { kind: "variable", name, pos: this.#pos(at), binding: this.#binding(at, name) };
  }

  #binding(at: number, name: string): Binding | null {
    const depth = this.#word(at, 3);
    const slot = this.#word(at, 4);
    switch (depth) {
      case unresolvedDepth:
        return null;
      case globalDepth:
        return { type: "global", name };
      case withDepth: {
        const { withLists } = this.#tree;
        const count = withLists[slot] as number;
        return { type: "with", depths: Array.from(withLists.subarray(slot + 1, slot + 1 + count)) };
      }
      default:
        return { type: "slot", depth, slot };
    }
  }

  #literal(at: number): Literal {
    const pos = this.#pos(at);
    const kind = this.#kind(at);
    if (kind === intNode) return { kind: "literal", type: "int", value: this.#word(at, 2), pos };
    const text = this.#tree.string(this.#word(at, 2));
    if (kind === stringNode) return { kind: "literal", type: "string", value: text, pos };
    if (kind === floatNode) return { kind: "literal", type: "float", value: Number(text), pos };
    if (kind !== bigIntNode) throw new Error(`There is no node of kind ${kind}`);
    const value = Number(text);
    return { kind: "literal", type: "int", value: Number.isSafeInteger(value) ? value : BigInt(text), pos };
  }

  #path(at: number): PathLiteral {
    const text = this.#tree.string(this.#word(at, 2));
    const { folder, home } = this.#place;
    const path = canonicalPath(text.startsWith("~") ? home + text.slice(1) : text, folder);
    return { kind: "path", path, pos: this.#pos(at) };
  }

  #interpolation(at: number): Expr {
    const flags = this.#word(at, 0);
    const pos = this.#pos(at);
    const parts: Expr[] = [];
    const count = this.#word(at, 2);
    for (let index = 3; index < 3 + count; index++) parts.push(this.#child(at, index));
    const type = flags & typeMask;
    if (type === plusType) return { kind: "interpolation", type: "plus", parts, pos };
    if (type !== pathType) return { kind: "interpolation", type: "string", parts, pos };
    // What is lost by making the start of a path canonical: the slash before `${`.
    const [first] = parts;
    if ((flags & slashFlag) !== 0 && first?.kind === "path" && first.path !== "/") {
      parts.splice(1, 0, { kind: "literal", type: "string", value: "/", pos });
    }
    return { kind: "interpolation", type: "path", parts, pos };
  }

  /** A count and that many steps. */
  #steps(at: number): PathStep[] {
    const count = this.#word(at, 0);
    const steps: PathStep[] = [];
    for (let index = 1; index <= count; index++) {
      const step = this.#word(at, index);
      steps.push((step & 1) === 0 ? this.#tree.name(step >> 1) : this.read(step >> 1));
    }
    return steps;
  }

  #lambda(at: number): Expr {
    const name = this.#word(at, 3);
    const count = this.#word(at, 4);
    const parameters: string[] = [];
    for (let index = 5; index < 5 + count; index++) parameters.push(this.#tree.name(this.#word(at, index)));
    return {
      kind: "lambda",
      parameters,
      formals: (this.#word(at, 0) & formalsFlag) === 0 ? null : this.#formals(at, at + 5 + count),
      body: this.#later(this.#word(at, 2)),
      pos: this.#pos(at),
      name: name < 0 ? null : this.#tree.name(name),
    };
  }

  #formals(lambda: number, at: number): Formals {
    const list: Formal[] = [];
    const end = at + 1 + this.#word(at, 0);
    for (let formal = at + 1; formal < end; formal += formalWords) {
      const fallback = this.#word(formal, 2);
      list.push({
        name: this.#tree.name(this.#word(formal, 0)),
        pos: this.#pos(formal),
        fallback: fallback === 0 ? null : this.#later(fallback),
      });
    }
    return { list, ellipsis: (this.#word(lambda, 0) & ellipsisFlag) !== 0 };
  }

  #set(at: number): AttributeSet {
    const sources = at + setHeaderWords;
    const attributes = sources + this.#word(at, 2);
    const dynamic = attributes + this.#word(at, 3) * attributeWords;
    const end = dynamic + this.#word(at, 4) * dynamicWords;
    const inheritSources: Expr[] = [];
    for (let source = sources; source < attributes; source++) inheritSources.push(this.#later(this.#word(source, 0)));
    const members: Attribute[] = [];
    for (let member = attributes; member < dynamic; member += attributeWords) members.push(this.#attribute(member));
    const dynamicAttributes: DynamicAttribute[] = [];
    for (let member = dynamic; member < end; member += dynamicWords) {
      dynamicAttributes.push({
        name: this.read(this.#word(member, 0)),
        pos: this.#pos(member),
        value: this.#later(this.#word(member, 2)),
      });
    }
    return {
      kind: "attribute-set",
      recursive: (this.#word(at, 0) & recursiveFlag) !== 0,
      inheritSources,
      attributes: members,
      dynamicAttributes,
      pos: this.#pos(at),
    };
  }

  #attribute(at: number): Attribute {
    return {
      name: this.#tree.name(this.#word(at, 0)),
      pos: this.#pos(at),
      value: this.#later(this.#word(at, 2)),
      inherited: this.#word(at, 3) === 1,
    };
  }
}
