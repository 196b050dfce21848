/**
 * `derivationStrict` gathers a {@link DerivationRequest} from an attribute set; `derivation` wraps its result lazily, one set
 * an output, each with the attributes of all the others (Nix has this part in the Nix language).
 */

import { traced } from "../compile/trace.ts";
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import type { DerivationRequest } from "../io.ts";
import { quoteJson } from "../text/json-text.ts";
import { Attrs, attrsFromPairs, updateAttrs } from "../value/attrs.ts";
import { type CoerceOptions, coerceToString } from "../value/coerce.ts";
import { expectAttrs, expectBool, expectList, expectPlainText } from "../value/expect.ts";
import { Frame1, Frame2, Frame4, noFrame } from "../value/frame.ts";
import { writeJson } from "../value/json.ts";
import { Shape, sortedShape } from "../value/shape.ts";
import { TextBuilder } from "../value/text-builder.ts";
import {
  Code,
  ContextString,
  type Env,
  force,
  forceElement,
  type Lazy,
  type List,
  Thunk,
  type Value,
} from "../value/value.ts";
import { type Builtin, builtin } from "./builtin.ts";
import { parseContextElement } from "./contexts.ts";

const envCoercion: CoerceOptions = { copyPaths: true, more: true };

/** A request as it is put together. */
class RequestBuilder {
  readonly #evaluation: Evaluation;
  readonly #ignoreNulls: boolean;
  /** Of `__structuredAttrs`; null for ordinary derivations. */
  readonly #json: TextBuilder | null;
  readonly #context = new TextBuilder();
  readonly #env = new Map<string, string>();
  readonly #args: string[] = [];
  readonly #special = new Map<string, string>();
  #outputs: string[] = ["out"];
  #contentAddressed = false;
  #impure = false;

  constructor(evaluation: Evaluation, attrs: Attrs) {
    this.#evaluation = evaluation;
    this.#ignoreNulls = flag(attrs, "__ignoreNulls");
    this.#json = flag(attrs, "__structuredAttrs") ? new TextBuilder() : null;
  }

  build(name: string, attrs: Attrs): DerivationRequest {
    for (let index = 0; index < attrs.size; index++) this.#tryAdd(name, attrs, index);
    if (this.#json !== null) {
      if (this.#json.context !== null) this.#context.addContext(this.#json.context);
      this.#env.set("__json", `{${this.#json.text}}`);
    }
    return {
      name,
      platform: this.#required("system", name),
      builder: this.#required("builder", name),
      args: this.#args,
      env: this.#env,
      outputs: this.#outputs,
      fixed: this.#fixed(name),
      floating: this.#floating(),
      ...inputsOf(this.#context),
    };
  }

  #tryAdd(drvName: string, attrs: Attrs, index: number): void {
    const key = attrs.keys[index] as string;
    try {
      this.#add(key, attrs, index);
    } catch (error) {
      const text = `while evaluating the attribute '${key}' of the derivation '${drvName}'`;
      throw traced(error, text, attrs.shape.position(index));
    }
  }

  #add(key: string, attrs: Attrs, index: number): void {
    if (key === "__ignoreNulls") return;
    const value = attrs.forceAt(index);
    if (this.#ignoreNulls && value === null) return;
    if (key === "__contentAddressed") this.#contentAddressed = this.#featureFlag(value, "ca-derivations");
    else if (key === "__impure") this.#impure = this.#featureFlag(value, "impure-derivations");
    else if (key === "args") this.#addArguments(expectList(value));
    else if (this.#json !== null) this.#addStructured(this.#json, key, value);
    else this.#addText(key, value);
  }

  #addArguments(list: List): void {
    for (let index = 0; index < list.length; index++) this.#args.push(this.#coerce(forceElement(list, index)));
  }

  #coerce(value: Value): string {
    if (typeof value === "string") return value;
    const text = coerceToString(this.#evaluation, value, envCoercion);
    if (typeof text === "string") return text;
    this.#context.addContext(text.context);
    return text.text;
  }

  #addText(key: string, value: Value): void {
    const text = this.#coerce(value);
    this.#env.set(key, text);
    if (key === "outputs") this.#setOutputs(text.split(/[ \t\n\r]+/).filter((name) => name !== ""));
    else if (isSpecial(key)) this.#special.set(key, text);
  }

  #addStructured(json: TextBuilder, key: string, value: Value): void {
    if (key === "__structuredAttrs") return;
    json.text += `${json.text === "" ? "" : ","}${quoteJson(key)}:`;
    writeJson(this.#evaluation, value, json, true);
    if (key === "outputs") {
      const list = expectList(value);
      this.#setOutputs(list.map((_output, index) => expectPlainText(forceElement(list, index))));
    } else if (isSpecial(key)) this.#special.set(key, this.#coerceStructured(value));
  }

  #coerceStructured(value: Value): string {
    const text = coerceToString(this.#evaluation, value, { copyPaths: true });
    if (typeof text === "string") return text;
    this.#context.addContext(text.context);
    return text.text;
  }

  #setOutputs(outputs: string[]): void {
    const seen = new Set<string>();
    for (const output of outputs) {
      if (seen.has(output)) throw new EvaluationError("other", `duplicate derivation output '${output}'`);
      if (output === "drvPath") throw new EvaluationError("other", "invalid derivation output name 'drvPath'");
      seen.add(output);
    }
    if (outputs.length === 0) throw new EvaluationError("other", "derivation cannot have an empty set of outputs");
    this.#outputs = outputs;
  }

  #required(key: string, name: string): string {
    const text = this.#special.get(key) ?? "";
    if (text === "") {
      throw new EvaluationError("missing-attribute", `required attribute '${key}' missing in the derivation '${name}'`);
    }
    return text;
  }

  #fixed(name: string): DerivationRequest["fixed"] {
    const hash = this.#special.get("outputHash");
    if (hash === undefined) return null;
    if (this.#outputs.length !== 1 || this.#outputs[0] !== "out") {
      throw new EvaluationError("other", `multiple outputs are not supported in fixed-output derivations ('${name}')`);
    }
    return { hash, algorithm: this.#special.get("outputHashAlgo") || null, mode: this.#hashMode() ?? "flat" };
  }

  #hashMode(): "flat" | "recursive" | "text" | null {
    const mode = this.#special.get("outputHashMode");
    switch (mode) {
      case undefined:
        return null;
      case "nar":
        return "recursive";
      case "text":
        this.#evaluation.requireFeature("dynamic-derivations");
        return "text";
      case "flat":
      case "recursive":
        return mode;
      default:
        throw new EvaluationError("other", `invalid value '${mode}' for 'outputHashMode' attribute`);
    }
  }

  /** An output with its hash is addressed by it already. */
  #floating(): DerivationRequest["floating"] {
    const impure = this.#impure;
    if (this.#special.has("outputHash") || !(this.#contentAddressed || impure)) return null;
    if (this.#contentAddressed && impure) {
      throw new EvaluationError("other", "derivation cannot be both content-addressed and impure");
    }
    return { algorithm: this.#special.get("outputHashAlgo") || null, mode: this.#hashMode() ?? "recursive", impure };
  }

  #featureFlag(value: Value, feature: string): boolean {
    if (!expectBool(value)) return false;
    this.#evaluation.requireFeature(feature);
    return true;
  }
}

function isSpecial(key: string): boolean {
  switch (key) {
    case "builder":
    case "system":
    case "outputHash":
    case "outputHashAlgo":
    case "outputHashMode":
      return true;
    default:
      return false;
  }
}

function flag(attrs: Attrs, name: string): boolean {
  const value = attrs.get(name);
  return value !== undefined && expectBool(value);
}

function inputsOf(builder: TextBuilder): Pick<DerivationRequest, "inputDrvs" | "inputSrcs" | "wholeDrvs"> {
  const inputDrvs = new Map<string, Set<string>>();
  const inputSrcs = new Set<string>();
  const wholeDrvs = new Set<string>();
  for (const encoded of builder.context ?? []) {
    const element = parseContextElement(encoded);
    if (element.type === "path") inputSrcs.add(element.path);
    else if (element.type === "all-outputs") wholeDrvs.add(element.drvPath);
    else {
      if (element.drvPath.startsWith("!")) {
        throw new EvaluationError("other", "a derivation that is built by another cannot be an input yet");
      }
      const outputs = inputDrvs.get(element.drvPath);
      if (outputs === undefined) inputDrvs.set(element.drvPath, new Set([element.output]));
      else outputs.add(element.output);
    }
  }
  return { inputDrvs, inputSrcs, wholeDrvs };
}

function derivationName(attrs: Attrs): string {
  const name = attrs.get("name");
  if (name === undefined) throw new EvaluationError("missing-attribute", "required attribute 'name' missing");
  const text = expectPlainText(name);
  if (text.endsWith(".drv")) {
    throw new EvaluationError("other", `derivation names are not allowed to end in '.drv' ('${text}')`);
  }
  return text;
}

function derivationStrict(evaluation: Evaluation, lazy: Lazy): Value {
  const attrs = expectAttrs(lazy);
  const name = derivationName(attrs);
  try {
    const request = new RequestBuilder(evaluation, attrs).build(name, attrs);
    const { drvPath, outputs } = evaluation.guardIo(() => evaluation.io.instantiate(request));
    const names = ["drvPath", ...outputs.keys()];
    const values: Lazy[] = [new ContextString(drvPath, new Set([`=${drvPath}`]))];
    for (const [output, path] of outputs) values.push(new ContextString(path, new Set([`!${output}!${drvPath}`])));
    return attrsFromPairs(names, values);
  } catch (error) {
    const at = attrs.shape.position(attrs.shape.indexOf("name"));
    throw traced(error, `while instantiating the derivation '${name}'`, at);
  }
}

const memberShape: Shape = new Shape(["drvPath", "outPath", "outputName", "type"], null, true);
const commonShape: Shape = new Shape(["all", "drvAttrs"], null, true);

/** The lazy wrapper. Frame of its thunks: [strict, output name], or [common thunk, strict, output name]. */
class DerivationWrapper {
  readonly #strict: Code;
  readonly #shapes = new Map<string, { readonly shape: Shape; readonly order: readonly number[] }>();

  constructor(evaluation: Evaluation) {
    this.#strict = new Code((env: Env) => derivationStrict(evaluation, env.a as Lazy));
  }

  wrap(lazy: Lazy): Value {
    const drvAttrs = expectAttrs(lazy);
    const names = outputNames(drvAttrs);
    const strict = new Thunk(this.#strict, new Frame1(null, drvAttrs));
    const common = new Thunk(commonCode, noFrame);
    const outputs = names.map((name) => new Thunk(outputCode, new Frame4(null, common, strict, name, undefined)));
    common.slot = new Frame4(null, drvAttrs, this.#outputSet(names, outputs), outputs, undefined);
    return force(outputs[0] as Lazy);
  }

  #outputSet(names: readonly string[], outputs: readonly Thunk[]): Attrs {
    const key = names.join(" ");
    let known = this.#shapes.get(key);
    if (known === undefined) {
      known = sortedShape(names, null, true);
      this.#shapes.set(key, known);
    }
    return new Attrs(
      known.shape,
      known.order.map((index) => outputs[index] as Thunk),
    );
  }
}

function outputNames(drvAttrs: Attrs): string[] {
  const outputs = drvAttrs.get("outputs");
  if (outputs === undefined) return ["out"];
  const list = expectList(outputs);
  const names = list.map((_name, index) => expectPlainText(forceElement(list, index)));
  if (names.length === 0) throw new EvaluationError("other", "derivation cannot have an empty set of outputs");
  return [...new Set(names)];
}

/** `drvAttrs // outputs // { all = ..; drvAttrs = ..; }` */
const commonCode: Code = new Code((env: Env) => {
  const { a: drvAttrs, b: outputs, c: all } = env as { a: Attrs; b: Attrs; c: List } & Env;
  return updateAttrs(updateAttrs(drvAttrs, outputs), new Attrs(commonShape, [all, drvAttrs]));
});

const memberCode: Code = new Code((env: Env) => {
  const { a: strict, b: name } = env as { a: Lazy; b: string } & Env;
  const value = expectAttrs(strict).force(name);
  if (value === undefined) throw new EvaluationError("missing-attribute", `attribute '${name}' missing`);
  return value;
});

const outputCode: Code = new Code((env: Env) => {
  const { a: common, b: strict, c: name } = env as { a: Lazy; b: Lazy; c: string } & Env;
  const members = [
    new Thunk(memberCode, new Frame2(null, strict, "drvPath")),
    new Thunk(memberCode, new Frame2(null, strict, name)),
    name,
    "derivation",
  ];
  return updateAttrs(expectAttrs(common), new Attrs(memberShape, members));
});

export function derivationBuiltins(evaluation: Evaluation): readonly Builtin[] {
  const wrapper = new DerivationWrapper(evaluation);
  return [
    builtin("derivationStrict", "s", (attrs = null) => derivationStrict(evaluation, attrs), true),
    builtin("derivation", "s", (attrs = null) => wrapper.wrap(attrs), true),
  ];
}
