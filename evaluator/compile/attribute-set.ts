/**
 * Attribute sets and `let`. Names are sorted, so the shape of a literal is made once, when it is compiled, and evaluating it
 * only fills an array. Dynamic names and `__overrides` take the slow way, through `//`-like merging.
 */
import { EvaluationError } from "../errors.ts";
import type { Attribute, AttributeSet, Let } from "../syntax/ast.ts";
import { Attrs, attrsFromPairs, emptyAttrs, updateAttrs } from "../value/attrs.ts";
import { expectAttrs, expectPlainText } from "../value/expect.ts";
import { blankFrame, Frame1, Frame2, setSlot, slotsOf } from "../value/frame.ts";
import { Shape } from "../value/shape.ts";
import { Code, type Env, force, type Lazy, type Run, Thunk, type Value } from "../value/value.ts";
import { missingAttribute, takeable } from "./attribute-access.ts";
import type { Compiler, Delay } from "./compiler.ts";
import { traced } from "./trace.ts";

/** Makes one attribute: `frame` is where its expression lives, `outer` where `inherit`ed names do. */
type Member = (frame: Env, outer: Env, sources: readonly Lazy[]) => Lazy;

/** `late`: nothing is taken over from the frame before it is complete. */
function memberOf(compiler: Compiler, attribute: Attribute, late = false): Member {
  const { value } = attribute;
  if (value.kind === "inherited-from") return inheritedMember(value.source, value.name, value.pos);
  const delay = late && !attribute.inherited ? compiler.thunk(value) : compiler.delay(value);
  return attribute.inherited ? (_frame, outer) => delay(outer) : delay;
}

/** `inherit (source) name`: taken at once when the source is already computed. */
function inheritedMember(source: number, name: string, pos: number): Member {
  const code = new Code((env) => {
    const set = expectAttrs(env.a as Lazy, pos);
    const index = set.shape.indexOf(name);
    if (index < 0) throw missingAttribute(set, name, pos);
    try {
      return set.forceAt(index);
    } catch (error) {
      throw traced(error, `while evaluating the attribute '${name}'`, set.shape.position(index) || pos);
    }
  });
  return (_frame, _outer, sources) => {
    let set = sources[source] as Lazy;
    if (set instanceof Thunk && set.code === null) set = set.slot as Value;
    const member = set instanceof Attrs ? set.get(name) : undefined;
    const value = member === undefined ? undefined : takeable(member);
    return value === undefined ? new Thunk(code, new Frame1(null, set)) : value;
  };
}

const noSources: readonly Lazy[] = [];

function sourcesOf(compiler: Compiler, set: AttributeSet): (env: Env) => readonly Lazy[] {
  const delays = set.inheritSources.map((source) => compiler.delay(source));
  if (delays.length === 0) return () => noSources;
  return (env) => delays.map((delay) => delay(env));
}

function literalShape(set: AttributeSet): Shape {
  return new Shape(
    set.attributes.map(({ name }) => name),
    set.attributes.map(({ pos }) => pos),
    true,
  );
}

function blanks(count: number): Lazy[] {
  return Array<null>(count).fill(null).slice();
}

export function compileAttributeSet(compiler: Compiler, set: AttributeSet): Run {
  if (set.recursive) return compileRecursive(compiler, set);
  const build = delayAttributeSet(compiler, set);
  return set.dynamicAttributes.length === 0 ? build : withDynamic(compiler, set, build, (env) => env);
}

/** A set that is neither recursive nor has dynamic names (those are not looked at). */
export function delayAttributeSet(compiler: Compiler, set: AttributeSet): (env: Env) => Attrs {
  if (set.attributes.length === 0) return () => emptyAttrs;
  const shape = literalShape(set);
  const members = set.attributes.map((attribute) => memberOf(compiler, attribute));
  if (set.inheritSources.length > 0) return setWithSources(compiler, set, shape, members);
  const first = members[0];
  const second = members[1];
  const third = members[2];
  if (first !== undefined && second === undefined) return (env) => new Attrs(shape, [first(env, env, noSources)]);
  if (first !== undefined && second !== undefined && third === undefined) {
    return (env) => new Attrs(shape, [first(env, env, noSources), second(env, env, noSources)]);
  }
  const template = blanks(members.length);
  return (env) => {
    const values = template.slice();
    for (let index = 0; index < members.length; index++) {
      values[index] = (members[index] as Member)(env, env, noSources);
    }
    return new Attrs(shape, values);
  };
}

function setWithSources(
  compiler: Compiler,
  set: AttributeSet,
  shape: Shape,
  members: readonly Member[],
): (env: Env) => Attrs {
  const makeSources = sourcesOf(compiler, set);
  const template = blanks(members.length);
  return (env) => {
    const sources = makeSources(env);
    const values = template.slice();
    for (let index = 0; index < members.length; index++) {
      values[index] = (members[index] as Member)(env, env, sources);
    }
    return new Attrs(shape, values);
  };
}

/** Fills a frame with the bindings of a `let` or a recursive set. */
function compileFrame(compiler: Compiler, set: AttributeSet, late = false): (outer: Env) => Env {
  const members = set.attributes.map((attribute) => memberOf(compiler, attribute, late));
  const makeSources = sourcesOf(compiler, set);
  const first = members[0];
  const second = members[1];
  const third = members[2];
  if (set.inheritSources.length === 0 && first !== undefined && second === undefined) return frameOfOne(first);
  if (set.inheritSources.length === 0 && first !== undefined && second !== undefined && third === undefined) {
    return frameOfTwo(first, second);
  }
  return (outer) => {
    const frame = blankFrame(outer, members.length);
    const sources = makeSources(frame);
    for (let index = 0; index < members.length; index++) {
      setSlot(frame, index + 1, (members[index] as Member)(frame, outer, sources));
    }
    return frame;
  };
}

function frameOfOne(member: Member): (outer: Env) => Env {
  return (outer) => {
    const frame = new Frame1(outer, undefined);
    frame.a = member(frame, outer, noSources);
    return frame;
  };
}

function frameOfTwo(first: Member, second: Member): (outer: Env) => Env {
  return (outer) => {
    const frame = new Frame2(outer, undefined, undefined);
    frame.a = first(frame, outer, noSources);
    frame.b = second(frame, outer, noSources);
    return frame;
  };
}

export function compileLet(compiler: Compiler, expr: Let): Run {
  const makeFrame = compileFrame(compiler, expr.bindings);
  const body = compiler.compile(expr.body);
  return (env) => body(makeFrame(env));
}

function compileRecursive(compiler: Compiler, set: AttributeSet): Run {
  const shape = literalShape(set);
  const overrides = shape.indexOf("__overrides");
  const makeFrame = compileFrame(compiler, set, overrides >= 0);
  const build = (frame: Env): Attrs => {
    const attrs = new Attrs(shape, slotsOf(frame, shape.keys.length));
    return overrides < 0 ? attrs : applyOverrides(attrs, frame, overrides);
  };
  if (set.dynamicAttributes.length === 0) return (env) => build(makeFrame(env));
  return withDynamic(compiler, set, build, makeFrame);
}

/** The old `__overrides`: its attributes replace those of the set, also as seen by the set's own expressions. */
function applyOverrides(attrs: Attrs, frame: Env, overridesIndex: number): Attrs {
  const overrides = expectAttrs(attrs.values[overridesIndex] as Lazy);
  for (let index = 0; index < overrides.size; index++) {
    const own = attrs.shape.indexOf(overrides.keys[index] as string);
    if (own >= 0) setSlot(frame, own + 1, overrides.values[index]);
  }
  return updateAttrs(attrs, overrides);
}

function withDynamic(
  compiler: Compiler,
  set: AttributeSet,
  build: (frame: Env) => Attrs,
  makeFrame: (env: Env) => Env,
): Run {
  const dynamic = set.dynamicAttributes.map(({ name, value, pos }) => ({
    name: compiler.compile(name),
    delay: compiler.delay(value) satisfies Delay,
    pos,
  }));
  return (env) => {
    const frame = makeFrame(env);
    const attrs = build(frame);
    const names: string[] = [];
    const values: Lazy[] = [];
    const positions: number[] = [];
    for (const { name, delay, pos } of dynamic) {
      const key = force(name(frame));
      // `${null} = ..` leaves the attribute out.
      if (key === null) continue;
      const text = expectPlainText(key, pos);
      if (attrs.has(text) || names.includes(text)) failDuplicate(text, pos);
      names.push(text);
      values.push(delay(frame));
      positions.push(pos);
    }
    return updateAttrs(attrs, withPositions(attrsFromPairs(names, values), names, positions));
  };
}

function withPositions(attrs: Attrs, names: readonly string[], positions: readonly number[]): Attrs {
  const sorted = attrs.keys.map((key) => positions[names.indexOf(key)] ?? 0);
  return new Attrs(new Shape(attrs.keys, sorted, false), attrs.values);
}

function failDuplicate(name: string, pos: number): never {
  throw new EvaluationError("other", `dynamic attribute '${name}' already defined`, pos);
}
