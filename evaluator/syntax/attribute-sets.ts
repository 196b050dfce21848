/**
 * Gathers the bindings of one `{ .. }` or `let`, and applies Nix's merging rules: `a.b = 1; a.c = 2;` and
 * `a = { b = 1; }; a.c = 2;` are one set, anything else defined twice is an error. A set is open until its bracket closes;
 * one that was closed is opened again when something is merged into it.
 */
import { EvaluationError } from "../errors.ts";
import {
  attributeSetNode,
  attributeWords,
  dynamicWords,
  inheritedFromNode,
  kindMask,
  lambdaNode,
  recursiveFlag,
  setHeaderWords,
} from "./node-kinds.ts";
import type { SourceFile } from "./source-file.ts";
import type { TreeWriter } from "./tree-writer.ts";

/** Sets with more attributes than this look for a name in a map. */
const maxScanned = 8;

export class OpenSet {
  recursive = false;
  pos = 0;
  readonly sources: number[] = [];
  /** As in a node; a value below 0 is a set that is open too ({@link nest}). */
  readonly attributes: number[] = [];
  readonly dynamic: number[] = [];
  readonly #nested: OpenSet[] = [];
  #index: Map<number, number> | null = null;

  begin(recursive: boolean, pos: number): this {
    this.recursive = recursive;
    this.pos = pos;
    this.sources.length = 0;
    this.attributes.length = 0;
    this.dynamic.length = 0;
    this.#nested.length = 0;
    this.#index = null;
    return this;
  }

  get hasNested(): boolean {
    return this.#nested.length > 0;
  }

  /** Where the attribute of this name begins, or -1. */
  find(name: number): number {
    const { attributes } = this;
    if (attributes.length <= maxScanned * attributeWords) {
      for (let at = 0; at < attributes.length; at += attributeWords) if (attributes[at] === name) return at;
      return -1;
    }
    this.#index ??= this.#makeIndex();
    return this.#index.get(name) ?? -1;
  }

  #makeIndex(): Map<number, number> {
    const index = new Map<number, number>();
    for (let at = 0; at < this.attributes.length; at += attributeWords) index.set(this.attributes[at] as number, at);
    return index;
  }

  insert(name: number, pos: number, value: number, inherited: boolean): void {
    this.#index?.set(name, this.attributes.length);
    this.attributes.push(name, pos, value, inherited ? 1 : 0);
  }

  /** What stands for an open set in place of a value. */
  nest(set: OpenSet): number {
    return -this.#nested.push(set);
  }

  nestedAt(reference: number): OpenSet {
    return this.#nested[-reference - 1] as OpenSet;
  }
}

export class AttributeSets {
  readonly #file: SourceFile;
  readonly #writer: TreeWriter;
  readonly #free: OpenSet[] = [];

  constructor(file: SourceFile, writer: TreeWriter) {
    this.#file = file;
    this.#writer = writer;
  }

  open(recursive: boolean, pos: number): OpenSet {
    return (this.#free.pop() ?? new OpenSet()).begin(recursive, pos);
  }

  /** Writes the node. */
  close(set: OpenSet): number {
    const { attributes, sources, dynamic } = set;
    if (set.hasNested) this.#closeNested(set);
    const writer = this.#writer;
    const kind = attributeSetNode | (set.recursive ? recursiveFlag : 0);
    const node = writer.node(kind, set.pos, 3 + sources.length + attributes.length + dynamic.length);
    writer.word(sources.length);
    writer.word(attributes.length / attributeWords);
    writer.word(dynamic.length / dynamicWords);
    for (let at = 0; at < sources.length; at++) writer.word(sources[at] as number);
    for (let at = 0; at < attributes.length; at++) writer.word(attributes[at] as number);
    for (let at = 0; at < dynamic.length; at++) writer.word(dynamic[at] as number);
    this.#free.push(set);
    return node;
  }

  #closeNested(set: OpenSet): void {
    const { attributes, dynamic } = set;
    for (let at = 2; at < attributes.length; at += attributeWords) {
      const value = attributes[at] as number;
      if (value < 0) attributes[at] = this.close(set.nestedAt(value));
    }
    for (let at = 2; at < dynamic.length; at += dynamicWords) {
      const value = dynamic[at] as number;
      if (value < 0) dynamic[at] = this.close(set.nestedAt(value));
    }
  }

  /** `path = value;`, where the steps of the path are on the writer's stack from `from` on. */
  bind(set: OpenSet, from: number, value: number, pos: number): void {
    const writer = this.#writer;
    const last = writer.top - 1;
    let target = set;
    for (let at = from; at < last; at++) target = this.#descend(target, from, at, pos);
    const step = writer.stack[last] as number;
    if ((step & 1) === 1) {
      target.dynamic.push(step >> 1, pos, value);
      return;
    }
    const name = step >> 1;
    this.#nameLambda(value, name);
    const existing = target.find(name);
    if (existing < 0) target.insert(name, pos, value, false);
    else this.#merge(target, existing, value, from, pos);
  }

  inherit(set: OpenSet, name: number, pos: number, value: number, inherited: boolean): void {
    const existing = set.find(name);
    if (existing >= 0) this.#failDuplicate(this.#writer.stringOf(name), pos, set.attributes[existing + 1] as number);
    set.insert(name, pos, value, inherited);
  }

  #nameLambda(value: number, name: number): void {
    const { nodes } = this.#writer;
    if (((nodes[value] as number) & kindMask) === lambdaNode && nodes[value + 3] === -1) nodes[value + 3] = name;
  }

  #descend(target: OpenSet, from: number, at: number, pos: number): OpenSet {
    const step = this.#writer.stack[at] as number;
    const existing = (step & 1) === 0 ? target.find(step >> 1) : -1;
    if (existing >= 0) {
      const set = this.#reopened(target, existing);
      return set ?? this.#failPath(from, pos, target.attributes[existing + 1] as number);
    }
    const nested = this.open(false, pos);
    const value = target.nest(nested);
    if ((step & 1) === 0) target.insert(step >> 1, pos, value, false);
    else target.dynamic.push(step >> 1, pos, value);
    return nested;
  }

  /** The set that is the value of an attribute, open; null when the value is no set. */
  #reopened(target: OpenSet, attribute: number): OpenSet | null {
    const value = target.attributes[attribute + 2] as number;
    if (value < 0) return target.nestedAt(value);
    const { nodes } = this.#writer;
    const kind = nodes[value] as number;
    if ((kind & kindMask) !== attributeSetNode) return null;
    const set = this.open((kind & recursiveFlag) !== 0, nodes[value + 1] as number);
    this.#takeOver(set, value);
    target.attributes[attribute + 2] = target.nest(set);
    return set;
  }

  /** Copies the members of a written set, none of which is there yet, into an open one. */
  #takeOver(set: OpenSet, node: number): void {
    const { nodes } = this.#writer;
    const attributes = node + setHeaderWords + (nodes[node + 2] as number);
    const dynamic = attributes + (nodes[node + 3] as number) * attributeWords;
    const end = dynamic + (nodes[node + 4] as number) * dynamicWords;
    const shift = set.sources.length;
    for (let at = attributes; at < dynamic; at += attributeWords) {
      const value = nodes[at + 2] as number;
      // Each of these nodes belongs to one attribute only, so it may be changed in place.
      if (nodes[value] === inheritedFromNode) nodes[value + 2] = (nodes[value + 2] as number) + shift;
      set.insert(nodes[at] as number, nodes[at + 1] as number, value, nodes[at + 3] === 1);
    }
    for (let at = node + setHeaderWords; at < attributes; at++) set.sources.push(nodes[at] as number);
    for (let at = dynamic; at < end; at++) set.dynamic.push(nodes[at] as number);
  }

  #merge(target: OpenSet, existing: number, value: number, from: number, pos: number): void {
    const { nodes } = this.#writer;
    const isSet = ((nodes[value] as number) & kindMask) === attributeSetNode;
    const set = isSet ? this.#reopened(target, existing) : null;
    if (set === null) {
      this.#failPath(from, pos, target.attributes[existing + 1] as number);
      return;
    }
    const attributes = value + setHeaderWords + (nodes[value + 2] as number);
    const end = attributes + (nodes[value + 3] as number) * attributeWords;
    for (let at = attributes; at < end; at += attributeWords) {
      const name = nodes[at] as number;
      const clash = set.find(name);
      if (clash < 0) continue;
      const path = `${this.#pathText(from)}.${this.#writer.stringOf(name)}`;
      this.#failDuplicate(path, nodes[at + 1] as number, set.attributes[clash + 1] as number);
    }
    this.#takeOver(set, value);
  }

  #pathText(from: number): string {
    const steps = Array.from(this.#writer.stack.subarray(from, this.#writer.top));
    return steps.map((step) => ((step & 1) === 0 ? this.#writer.stringOf(step >> 1) : "(computed)")).join(".");
  }

  #failPath(from: number, pos: number, earlier: number): never {
    this.#failDuplicate(this.#pathText(from), pos, earlier);
  }

  #failDuplicate(name: string, pos: number, earlier: number): never {
    const { line, column } = this.#file.lineAndColumn(earlier);
    const place = `${this.#file.name}:${line}:${column}`;
    throw new EvaluationError("syntax", `attribute '${name}' already defined at ${place}`, this.#file.base + pos);
  }
}
