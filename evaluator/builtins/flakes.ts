/**
 * Flakes: `getFlake`, and references as URLs and as sets. A flake's inputs are what its lock file says; one that is not in
 * there is fetched as the flake names it, which pure evaluation refuses.
 */

import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { canonicalPath } from "../syntax/canonical-path.ts";
import { parseFlakeRef, printFlakeRef, type RefAttribute, type RefAttributes } from "../text/flake-ref.ts";
import { type Attrs, attrsFromObject, attrsFromPairs, emptyAttrs, updateAttrs } from "../value/attrs.ts";
import { call1 } from "../value/call.ts";
import { LambdaValue } from "../value/callable.ts";
import { expectAttrs, expectBool, expectFunction, expectPlainText, expectText } from "../value/expect.ts";
import { noFrame } from "../value/frame.ts";
import { describeType } from "../value/type-name.ts";
import { Code, ContextString, force, isInt, isString, type Lazy, NixPath, Thunk, type Value } from "../value/value.ts";
import { type Builtin, builtin } from "./builtin.ts";
import { fetchTreeOf, guardRef, isLocked } from "./fetch-tree.ts";

interface LockNode {
  /** Name of a node, or a path of inputs from the root. */
  readonly inputs?: Readonly<Record<string, string | readonly string[]>>;
  readonly locked?: Readonly<Record<string, RefAttribute>>;
  readonly flake?: boolean;
  /** Path of inputs to the flake that a relative path starts at. */
  readonly parent?: readonly string[];
}

interface LockFile {
  readonly version: number;
  readonly root: string;
  readonly nodes: Readonly<Record<string, LockNode>>;
}

const emptyLock: LockFile = { version: 7, root: "root", nodes: { root: {} } };

/** A flake's tree, and the folder in it that has `flake.nix`. */
interface Place {
  readonly sourceInfo: Attrs;
  readonly outPath: ContextString;
}

/** A flake as those see it that it names: what its inputs may follow, and where relative paths start. */
interface NamingFlake {
  readonly outPath: ContextString;
  readonly inputs: ReadonlyMap<string, Lazy>;
  readonly self: Lazy;
}

/** What a flake says of an input of its input: `inputs.x.inputs.y`. */
interface Override {
  readonly specification: Attrs;
  readonly by: NamingFlake;
}

type Overrides = ReadonlyMap<string, Override>;

const noOverrides: Overrides = new Map();

function later(compute: () => Value): Thunk {
  return new Thunk(new Code(compute), noFrame);
}

function outPathOf(sourceInfo: Attrs): ContextString {
  const path = sourceInfo.force("outPath");
  if (path instanceof ContextString) return path;
  throw new EvaluationError("other", "a fetched tree has no path");
}

function inFolder(path: ContextString, folder: RefAttribute | undefined): ContextString {
  if (folder === undefined || folder === "") return path;
  return new ContextString(canonicalPath(`${path.text}/${folder}`), path.context);
}

/** One flake with its lock file; nodes are made when an output asks for them. */
class LockedFlake {
  readonly #evaluation: Evaluation;
  readonly #root: Place;
  readonly #overrides: Overrides;
  readonly #lock: LockFile;
  readonly #places = new Map<string, Place>();
  readonly #results = new Map<string, Thunk>();

  constructor(evaluation: Evaluation, root: Place, overrides: Overrides) {
    this.#evaluation = evaluation;
    this.#root = root;
    this.#overrides = overrides;
    this.#lock = this.#readLock();
  }

  get result(): Value {
    return force(this.#resultOf(this.#lock.root));
  }

  #readLock(): LockFile {
    const file = `${this.#root.outPath.text}/flake.lock`;
    if (this.#evaluation.fileType(file) === null) return emptyLock;
    const text = this.#evaluation.guardIo(() => this.#evaluation.io.readFile(file));
    try {
      const lock = JSON.parse(Buffer.from(text, "latin1").toString("utf8")) as LockFile;
      if (lock.version >= 5 && lock.version <= 7 && lock.nodes[lock.root] !== undefined) return lock;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new EvaluationError("other", `lock file '${file}' is not JSON: ${error.message}`);
    }
    throw new EvaluationError("other", `lock file '${file}' has an unsupported version`);
  }

  #node(name: string): LockNode {
    const node = this.#lock.nodes[name];
    if (node === undefined) throw new EvaluationError("other", `lock file has no node '${name}'`);
    return node;
  }

  #follow(path: readonly string[]): string {
    let name = this.#lock.root;
    for (const input of path) {
      const next = this.#node(name).inputs?.[input];
      if (next === undefined) throw new EvaluationError("other", `lock file has no input '${path.join("/")}'`);
      name = typeof next === "string" ? next : this.#follow(next);
    }
    return name;
  }

  #placeOf(name: string): Place {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const place = name === this.#lock.root ? this.#root : this.#fetch(this.#node(name));
    this.#places.set(name, place);
    return place;
  }

  #fetch(node: LockNode): Place {
    const locked = new Map(Object.entries(node.locked ?? {}));
    const path = locked.get("path");
    if (locked.get("type") === "path" && typeof path === "string" && !path.startsWith("/")) {
      const parent = this.#placeOf(this.#follow(node.parent ?? []));
      return { sourceInfo: parent.sourceInfo, outPath: inFolder(inFolder(parent.outPath, path), locked.get("dir")) };
    }
    const sourceInfo = fetchTreeOf(this.#evaluation, locked);
    return { sourceInfo, outPath: inFolder(outPathOf(sourceInfo), locked.get("dir")) };
  }

  #resultOf(name: string): Thunk {
    const known = this.#results.get(name);
    if (known !== undefined) return known;
    const result = later(() => (this.#node(name).flake === false ? this.#plainResult(name) : this.#flakeResult(name)));
    this.#results.set(name, result);
    return result;
  }

  #plainResult(name: string): Value {
    const { sourceInfo, outPath } = this.#placeOf(name);
    return updateAttrs(sourceInfo, attrsFromObject({ outPath, sourceInfo }));
  }

  #flakeResult(name: string): Value {
    const { sourceInfo, outPath } = this.#placeOf(name);
    const flake = readFlake(this.#evaluation, outPath);
    const inputs = this.#inputsOf(name, flake, outPath);
    const self = this.#resultOf(name);
    const outputs = later(() => {
      const arguments_ = updateAttrs(inputs, attrsFromObject({ self }));
      return call1(outputFunction(flake, outPath), arguments_);
    });
    // `self` may be asked for while the outputs are computed: only their names are needed to make it.
    const own = attrsFromObject({ _type: "flake", inputs, outPath, outputs, sourceInfo });
    return updateAttrs(updateAttrs(expectAttrs(outputs), sourceInfo), own);
  }

  #inputsOf(name: string, flake: Attrs, outPath: ContextString): Attrs {
    const locked = this.#node(name).inputs ?? {};
    const inputs = new Map<string, Lazy>();
    const naming: NamingFlake = { outPath, inputs, self: this.#resultOf(name) };
    for (const [input, target] of Object.entries(locked)) {
      inputs.set(input, typeof target === "string" ? this.#resultOf(target) : this.#followed(target));
    }
    const overrides = name === this.#lock.root ? this.#overrides : noOverrides;
    for (const [input, specification] of declaredInputs(flake)) {
      if (inputs.has(input)) continue;
      inputs.set(input, this.#unlockedInput(input, { specification, by: naming }, overrides.get(input)));
    }
    for (const [input, override] of overrides) {
      if (isReference(override.specification)) inputs.set(input, this.#unlockedInput(input, override));
      else if (input in locked) throw cannotReachInto(input, outPath);
    }
    return attrsFromPairs([...inputs.keys()], [...inputs.values()]);
  }

  /** What a lock file has as a path of inputs from its root; the first of them may have been replaced from outside. */
  #followed(path: readonly string[]): Lazy {
    const override = this.#overrides.get(path[0] ?? "");
    if (override === undefined || !isReference(override.specification)) return this.#resultOf(this.#follow(path));
    return later(() => {
      const value = force(this.#unlockedInput(path[0] ?? "", override));
      return path.slice(1).reduce((flake, input) => inputOfFlake(flake, input, path.join("/")), value);
    });
  }

  /** An input that the lock file does not have. @param override what the flake's user says of its inputs */
  #unlockedInput(name: string, { specification, by }: Override, override?: Override): Thunk {
    return later(() => {
      const follows = specification.get("follows");
      if (follows !== undefined) return followInputs(by, expectText(follows));
      const attributes = inputReference(name, specification, by.outPath);
      if (this.#evaluation.options.pure === true && !isLocked(attributes)) {
        throw new EvaluationError("other", `cannot update unlocked flake input '${name}' in pure mode`);
      }
      const isFlake = specification.get("flake");
      if (isFlake === undefined || expectBool(isFlake)) {
        const nested = new Map(overridesIn(specification, by));
        if (override !== undefined)
          for (const [input, said] of overridesIn(override.specification, override.by)) nested.set(input, said);
        return getFlakeOf(this.#evaluation, attributes, nested);
      }
      const sourceInfo = fetchTreeOf(this.#evaluation, attributes);
      const outPath = inFolder(outPathOf(sourceInfo), attributes.get("dir"));
      return updateAttrs(sourceInfo, attrsFromObject({ outPath, sourceInfo }));
    });
  }
}

/** Does it say what an input is, or only something of that one's own inputs? */
function isReference(specification: Attrs): boolean {
  return ["url", "type", "follows"].some((name) => specification.has(name));
}

function overridesIn(specification: Attrs, by: NamingFlake): Overrides {
  const inputs = specification.get("inputs");
  return inputs === undefined
    ? noOverrides
    : new Map(setsIn(inputs).map(([name, said]) => [name, { specification: said, by }]));
}

function cannotReachInto(input: string, outPath: ContextString): EvaluationError {
  return new EvaluationError(
    "other",
    `cannot override inputs of '${input}', which the lock file of '${outPath.text}' pins`,
    0,
    "'nix flake lock' writes a lock file of the outer flake that has the override",
  );
}

function readFlake(evaluation: Evaluation, outPath: ContextString): Attrs {
  const file = `${outPath.text}/flake.nix`;
  if (evaluation.fileType(file) === null) {
    throw new EvaluationError("other", `'${outPath.text}' does not contain a '/flake.nix' file`);
  }
  return expectAttrs(evaluation.importFile(file));
}

function outputFunction(flake: Attrs, outPath: ContextString): Value {
  const outputs = flake.get("outputs");
  if (outputs === undefined) throw new EvaluationError("other", `flake '${outPath.text}' lacks attribute 'outputs'`);
  return expectFunction(outputs);
}

function setsIn(lazy: Lazy): [string, Attrs][] {
  const attrs = expectAttrs(lazy);
  return attrs.keys.map((name, index) => [name, expectAttrs(attrs.forceAt(index))]);
}

/** `inputs` of `flake.nix`, and what `outputs` takes besides: the name of such an input is its reference. */
function declaredInputs(flake: Attrs): Map<string, Attrs> {
  const declared = flake.get("inputs");
  const inputs = new Map(declared === undefined ? [] : setsIn(declared));
  const outputs = force(flake.get("outputs") ?? null);
  const formals = outputs instanceof LambdaValue ? (outputs.code.formals ?? []) : [];
  for (const { name } of formals) if (name !== "self" && !inputs.has(name)) inputs.set(name, emptyAttrs);
  return inputs;
}

function followInputs({ inputs, self }: NamingFlake, path: string): Value {
  const [first = "", ...rest] = path.split("/");
  const start = first === "" ? self : inputs.get(first);
  if (start === undefined) throw new EvaluationError("other", `flake input follows '${path}', which does not exist`);
  return rest.reduce((flake, name) => inputOfFlake(flake, name, path), force(start));
}

function inputOfFlake(flake: Value, name: string, path: string): Value {
  const next = expectAttrs(expectAttrs(flake).get("inputs") ?? null).force(name);
  if (next === undefined) throw new EvaluationError("other", `flake input follows '${path}', which does not exist`);
  return next;
}

function inputReference(name: string, specification: Attrs, parent: ContextString): RefAttributes {
  const url = specification.get("url");
  if (url === undefined && !specification.has("type")) return guardRef(() => parseFlakeRef(name));
  if (url === undefined) {
    const attributes = new Map<string, RefAttribute>();
    for (const key of specification.keys) {
      const value = force(specification.get(key) ?? null);
      if (isString(value)) attributes.set(key, expectText(value));
      else if (typeof value === "boolean" && key !== "flake") attributes.set(key, value);
      else if (isInt(value)) attributes.set(key, Number(value));
    }
    return attributes;
  }
  const text = expectText(url);
  const relative = /^(?:path:)?(\.{1,2}(?:\/.*)?)$/.exec(text)?.[1];
  if (relative === undefined) return guardRef(() => parseFlakeRef(text));
  return new Map([
    ["type", "path"],
    ["path", canonicalPath(`${parent.text}/${relative}`)],
  ]);
}

function getFlakeOf(evaluation: Evaluation, attributes: RefAttributes, overrides: Overrides = noOverrides): Value {
  const sourceInfo = fetchTreeOf(evaluation, attributes);
  const outPath = inFolder(outPathOf(sourceInfo), attributes.get("dir"));
  return new LockedFlake(evaluation, { sourceInfo, outPath }, overrides).result;
}

function getFlake(evaluation: Evaluation, lazy: Lazy): Value {
  const value = force(lazy);
  if (value instanceof NixPath) {
    return getFlakeOf(
      evaluation,
      new Map([
        ["type", "path"],
        ["path", value.path],
      ]),
    );
  }
  const text = expectPlainText(value);
  const attributes = guardRef(() => parseFlakeRef(text));
  if (evaluation.options.pure === true && !isLocked(attributes)) {
    throw new EvaluationError(
      "other",
      `cannot call 'getFlake' on unlocked flake reference '${text}'`,
      0,
      "use --impure",
    );
  }
  return getFlakeOf(evaluation, attributes);
}

function parseReference(lazy: Lazy): Value {
  const text = expectPlainText(lazy);
  const attributes = guardRef(() => parseFlakeRef(text));
  return attrsFromPairs([...attributes.keys()], [...attributes.values()]);
}

function printReference(lazy: Lazy): Value {
  const attrs = expectAttrs(lazy);
  const attributes = new Map<string, RefAttribute>();
  attrs.keys.forEach((name, index) => {
    const value = attrs.forceAt(index);
    if (isInt(value) && value < 0) {
      throw new EvaluationError("other", `negative value given for flake ref attr ${name}: ${value}`);
    }
    if (isInt(value)) attributes.set(name, Number(value));
    else if (typeof value === "boolean") attributes.set(name, value);
    else if (isString(value)) attributes.set(name, expectText(value));
    else {
      const what = `attribute '${name}' is ${describeType(value)}`;
      throw new EvaluationError(
        "type",
        `flake reference attribute sets may only contain integers, Booleans, and strings, but ${what}`,
      );
    }
  });
  return guardRef(() => printFlakeRef(attributes));
}

export function flakeBuiltins(evaluation: Evaluation): readonly Builtin[] {
  if (!evaluation.hasFeature("flakes")) return [];
  return [
    builtin("getFlake", "s", (reference = null) => getFlake(evaluation, reference)),
    builtin("parseFlakeRef", "s", (reference = null) => parseReference(reference)),
    builtin("flakeRefToString", "s", (attributes = null) => printReference(attributes)),
  ];
}
