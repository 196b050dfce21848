/**
 * Gathers the bindings of one `{ .. }` or `let`, and applies Nix's merging rules: `a.b = 1; a.c = 2;` and
 * `a = { b = 1; }; a.c = 2;` are one set, anything else defined twice is an error.
 */
import { EvaluationError } from "../errors.ts";
import type { Attribute, AttributeSet, DynamicAttribute, Expr, PathStep } from "./ast.ts";
import type { Sources } from "./source-file.ts";

interface MutableSet extends AttributeSet {
  readonly inheritSources: Expr[];
  readonly attributes: Attribute[];
  readonly dynamicAttributes: DynamicAttribute[];
}

export class AttributeBuilder {
  readonly #sources: Sources;
  readonly #sets = new WeakMap<AttributeSet, { node: MutableSet; index: Map<string, Attribute> }>();

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  create(recursive: boolean, pos: number): AttributeSet {
    const node: MutableSet = {
      kind: "attribute-set",
      recursive,
      inheritSources: [],
      attributes: [],
      dynamicAttributes: [],
      pos,
    };
    this.#sets.set(node, { node, index: new Map() });
    return node;
  }

  /** `path = value;` */
  bind(set: AttributeSet, path: readonly PathStep[], value: Expr, pos: number): void {
    let target = set;
    for (let depth = 0; depth < path.length - 1; depth++) target = this.#descend(target, path, depth, pos);
    const last = path[path.length - 1] ?? "";
    if (typeof last !== "string") {
      this.#open(target).node.dynamicAttributes.push({ name: last, pos, value });
      return;
    }
    nameLambda(value, last);
    const existing = this.#open(target).index.get(last);
    if (existing === undefined) this.#insert(target, { name: last, pos, value, inherited: false });
    else this.#merge(existing, value, path, pos);
  }

  /** `inherit name;` or, with a source, `inherit (source) name;` */
  inherit(set: AttributeSet, attribute: Attribute): void {
    const existing = this.#open(set).index.get(attribute.name);
    if (existing !== undefined) this.#failDuplicate([attribute.name], attribute.pos, existing.pos);
    this.#insert(set, attribute);
  }

  addSource(set: AttributeSet, source: Expr): number {
    return this.#open(set).node.inheritSources.push(source) - 1;
  }

  #open(set: AttributeSet): { node: MutableSet; index: Map<string, Attribute> } {
    const open = this.#sets.get(set);
    if (open === undefined) throw new Error("The set was made by another parser");
    return open;
  }

  #insert(set: AttributeSet, attribute: Attribute): void {
    const { node, index } = this.#open(set);
    node.attributes.push(attribute);
    index.set(attribute.name, attribute);
  }

  #descend(target: AttributeSet, path: readonly PathStep[], depth: number, pos: number): AttributeSet {
    const step = path[depth] ?? "";
    const nested = (): AttributeSet => this.create(false, pos);
    if (typeof step !== "string") {
      const value = nested();
      this.#open(target).node.dynamicAttributes.push({ name: step, pos, value });
      return value;
    }
    const existing = this.#open(target).index.get(step);
    if (existing === undefined) {
      const value = nested();
      this.#insert(target, { name: step, pos, value, inherited: false });
      return value;
    }
    if (existing.inherited || existing.value.kind !== "attribute-set") this.#failDuplicate(path, pos, existing.pos);
    return existing.value;
  }

  #merge(existing: Attribute, value: Expr, path: readonly PathStep[], pos: number): void {
    if (existing.value.kind !== "attribute-set" || value.kind !== "attribute-set") {
      this.#failDuplicate(path, pos, existing.pos);
    }
    const { node, index } = this.#open(existing.value);
    const shift = node.inheritSources.length;
    for (const attribute of value.attributes) {
      const clash = index.get(attribute.name);
      if (clash !== undefined) this.#failDuplicate([...path, attribute.name], attribute.pos, clash.pos);
      this.#insert(existing.value, shiftSource(attribute, shift));
    }
    node.inheritSources.push(...value.inheritSources);
    node.dynamicAttributes.push(...value.dynamicAttributes);
  }

  #failDuplicate(path: readonly PathStep[], pos: number, earlier: number): never {
    const name = path.map((step) => (typeof step === "string" ? step : "(computed)")).join(".");
    const place = this.#sources.locate(earlier);
    const where = place === null ? "" : ` at ${place.file}:${place.line}:${place.column}`;
    throw new EvaluationError("syntax", `attribute '${name}' already defined${where}`, pos);
  }
}

function shiftSource(attribute: Attribute, shift: number): Attribute {
  const { value } = attribute;
  if (shift === 0 || value.kind !== "inherited-from") return attribute;
  return { ...attribute, value: { ...value, source: value.source + shift } };
}

export function nameLambda(value: Expr, name: string): void {
  if (value.kind === "lambda" && value.name === null) value.name = name;
}
