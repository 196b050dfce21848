/** Finds the derivations in a value, as `nix-instantiate` does: the value, its attributes, and deeper where a set says so. */
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import type { EvaluatedDerivation } from "../request.ts";
import { Attrs } from "../value/attrs.ts";
import { coerceToString } from "../value/coerce.ts";
import { isDerivation } from "../value/equal.ts";
import { expectBool, expectList, expectText, textOf } from "../value/expect.ts";
import { toJson } from "../value/json.ts";
import { forceElement, isList, type Lazy, type Value } from "../value/value.ts";
import { autoCall } from "./attribute-path.ts";

const attributeName = /^[A-Za-z_][A-Za-z0-9\-_+]*$/;

export class DerivationFinder {
  readonly found: EvaluatedDerivation[] = [];
  readonly #evaluation: Evaluation;
  readonly #autoArgs: ReadonlyMap<string, Lazy>;
  readonly #select: readonly string[];
  readonly #done = new Set<Attrs>();

  constructor(evaluation: Evaluation, autoArgs: ReadonlyMap<string, Lazy>, select: readonly string[]) {
    this.#evaluation = evaluation;
    this.#autoArgs = autoArgs;
    this.#select = select;
  }

  visit(start: Value, path: string): void {
    const value = autoCall(start, this.#autoArgs);
    if (isList(value)) {
      for (let index = 0; index < value.length; index++)
        this.#visitMember(forceElement(value, index), join(path, String(index)), false);
    } else if (!(value instanceof Attrs)) {
      throw new EvaluationError("type", "expression does not evaluate to a derivation (or a set or list of those)");
    } else if (!this.#add(value, path)) this.#visitAttributes(value, path);
  }

  #visitAttributes(attrs: Attrs, path: string): void {
    for (let index = 0; index < attrs.size; index++) {
      const name = attrs.keys[index] as string;
      if (attributeName.test(name)) this.#visitMember(attrs.forceAt(index), join(path, name), true);
    }
  }

  #visitMember(value: Value, path: string, onlyWhenAsked: boolean): void {
    if (value instanceof Attrs && this.#add(value, path)) return;
    if (!onlyWhenAsked) {
      if (value instanceof Attrs || isList(value)) this.visit(value, path);
      return;
    }
    if (!(value instanceof Attrs)) return;
    const recurse = value.get("recurseForDerivations");
    if (recurse !== undefined && expectBool(recurse)) this.visit(value, path);
  }

  /** True when it is a derivation (also one that was found before). */
  #add(attrs: Attrs, path: string): boolean {
    if (!isDerivation(attrs)) return false;
    if (this.#done.has(attrs)) return true;
    this.#done.add(attrs);
    this.found.push(this.describe(attrs, path));
    return true;
  }

  describe(attrs: Attrs, path: string): EvaluatedDerivation {
    const text = (name: string): string => {
      const value = attrs.force(name);
      if (value === undefined)
        throw new EvaluationError("missing-attribute", `derivation '${path}' has no attribute '${name}'`);
      return textOf(coerceToString(this.#evaluation, value, { copyPaths: false }));
    };
    return {
      attributePath: path,
      name: text("name"),
      drvPath: text("drvPath"),
      outputName: attrs.has("outputName") ? text("outputName") : "out",
      outputs: this.#outputs(attrs, text),
      system: attrs.has("system") ? text("system") : "unknown",
      selected: this.#selected(attrs),
    };
  }

  #outputs(attrs: Attrs, text: (name: string) => string): Record<string, string> {
    const outputs = attrs.get("outputs");
    if (outputs === undefined) return { out: text("outPath") };
    const result: Record<string, string> = {};
    const list = expectList(outputs);
    for (let index = 0; index < list.length; index++) {
      const name = expectText(forceElement(list, index));
      const output = attrs.force(name);
      const path = output instanceof Attrs ? output.force("outPath") : undefined;
      if (path !== undefined) result[name] = textOf(coerceToString(this.#evaluation, path, { copyPaths: false }));
    }
    return result;
  }

  #selected(attrs: Attrs): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const name of this.#select) {
      const value = attrs.get(name);
      const json = value === undefined ? undefined : this.#tryJson(value);
      if (json !== undefined) result[name] = json;
    }
    return result;
  }

  #tryJson(value: Lazy): unknown {
    try {
      return JSON.parse(Buffer.from(textOf(toJson(this.#evaluation, value, false)), "latin1").toString("utf8"));
    } catch (error) {
      if (error instanceof EvaluationError) return undefined;
      throw error;
    }
  }
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
