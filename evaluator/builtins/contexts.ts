/** String contexts: what they hold, and taking them off. Elements are encoded as Nix does (see `Context`). */
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { type Attrs, attrsFromObject, attrsFromPairs } from "../value/attrs.ts";
import { coerceToString } from "../value/coerce.ts";
import { expectAttrs, expectBool, expectList, expectPlainText, expectString, textOf } from "../value/expect.ts";
import { withContext } from "../value/text-builder.ts";
import { type Context, ContextString, force, forceElement, type Lazy, type Value } from "../value/value.ts";
import { type Builtin, builtin } from "./builtin.ts";

const noContext: Context = new Set();

function contextOf(value: string | ContextString): Context {
  return typeof value === "string" ? noContext : value.context;
}

/** One element of a context, taken apart. */
export type ContextElement =
  | { readonly type: "path"; readonly path: string }
  | { readonly type: "output"; readonly drvPath: string; readonly output: string }
  | { readonly type: "all-outputs"; readonly drvPath: string };

export function parseContextElement(element: string): ContextElement {
  if (element.startsWith("=")) return { type: "all-outputs", drvPath: element.slice(1) };
  if (!element.startsWith("!")) return { type: "path", path: element };
  const end = element.indexOf("!", 1);
  return { type: "output", output: element.slice(1, end), drvPath: element.slice(end + 1) };
}

interface ContextEntry {
  path: boolean;
  allOutputs: boolean;
  readonly outputs: string[];
}

function getContext(lazy: Lazy): Value {
  const entries = new Map<string, ContextEntry>();
  const entry = (path: string): ContextEntry => {
    const known = entries.get(path) ?? { path: false, allOutputs: false, outputs: [] };
    entries.set(path, known);
    return known;
  };
  for (const text of contextOf(expectString(lazy))) {
    const element = parseContextElement(text);
    if (element.type === "path") entry(element.path).path = true;
    else if (element.type === "all-outputs") entry(element.drvPath).allOutputs = true;
    else entry(element.drvPath).outputs.push(element.output);
  }
  return attrsFromPairs([...entries.keys()], [...entries.values()].map(entryAttrs));
}

function entryAttrs(entry: ContextEntry): Attrs {
  return attrsFromObject({
    ...(entry.allOutputs ? { allOutputs: true } : {}),
    ...(entry.outputs.length > 0 ? { outputs: entry.outputs.sort() } : {}),
    ...(entry.path ? { path: true } : {}),
  });
}

/** `<hash>-<name>`. */
const storePathName = /^[0-9a-df-np-sv-z]{32}-[0-9A-Za-z+\-._?=]+$/;

function appendContext(evaluation: Evaluation, lazyText: Lazy, lazyContext: Lazy): Value {
  const value = expectString(lazyText);
  const additions = expectAttrs(lazyContext);
  const context = new Set(contextOf(value));
  for (let index = 0; index < additions.size; index++) {
    const path = additions.keys[index] as string;
    const { storeDir } = evaluation.io;
    if (!path.startsWith(`${storeDir}/`) || !storePathName.test(path.slice(storeDir.length + 1))) {
      throw new EvaluationError("other", `context key '${path}' is not a store path`);
    }
    addEntry(context, path, expectAttrs(additions.values[index] as Lazy));
  }
  return withContext(textOf(value), context);
}

function addEntry(context: Set<string>, path: string, entry: Attrs): void {
  const flag = (name: string): boolean => {
    const value = entry.get(name);
    return value !== undefined && expectBool(value);
  };
  if (flag("path")) context.add(path);
  if (flag("allOutputs")) {
    requireDerivation(path);
    context.add(`=${path}`);
  }
  const outputs = entry.get("outputs");
  if (outputs === undefined) return;
  const list = expectList(outputs);
  if (list.length > 0) requireDerivation(path);
  for (let index = 0; index < list.length; index++)
    context.add(`!${expectPlainText(forceElement(list, index))}!${path}`);
}

function requireDerivation(path: string): void {
  if (path.endsWith(".drv")) return;
  throw new EvaluationError(
    "other",
    `tried to add outputs of '${path}', which is not a derivation, to a string's context`,
  );
}

/** `=drv` becomes plain `drv`: the file itself, not what it builds. */
function discardOutputDependency(value: string | ContextString): Value {
  const context = new Set<string>();
  for (const element of contextOf(value)) context.add(element.startsWith("=") ? element.slice(1) : element);
  return withContext(textOf(value), context);
}

function addOutputDependencies(value: string | ContextString): Value {
  const context = contextOf(value);
  const [element] = context;
  if (element === undefined || context.size !== 1) {
    throw new EvaluationError("other", `context of string '${textOf(value)}' must have exactly one element`);
  }
  const parsed = parseContextElement(element);
  if (parsed.type === "all-outputs") return value;
  if (parsed.type === "output") {
    throw new EvaluationError("other", `'addDrvOutputDependencies' cannot act on an output of a derivation`);
  }
  requireDerivation(parsed.path);
  return new ContextString(textOf(value), new Set([`=${parsed.path}`]));
}

export function contextBuiltins(evaluation: Evaluation): readonly Builtin[] {
  const text = (lazy: Lazy): string | ContextString => coerceToString(evaluation, force(lazy), { copyPaths: true });
  return [
    builtin("hasContext", "s", (value = null) => contextOf(expectString(value)).size > 0),
    builtin("getContext", "s", (value = null) => getContext(value)),
    builtin("appendContext", "ss", (value = null, context = null) => appendContext(evaluation, value, context)),
    builtin("unsafeDiscardStringContext", "s", (value = null) => textOf(text(value))),
    builtin("unsafeDiscardOutputDependency", "s", (value = null) => discardOutputDependency(text(value))),
    builtin("addDrvOutputDependencies", "s", (value = null) => addOutputDependencies(text(value))),
  ];
}
