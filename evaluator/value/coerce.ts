/** Coercion to strings: of paths (copied to the store), derivations, and with `more` of everything that `toString` takes. */
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { formatFloatFixed } from "../text/float-format.ts";
import { Attrs } from "./attrs.ts";
import { call1 } from "./call.ts";
import { shortValue } from "./short.ts";
import { TextBuilder } from "./text-builder.ts";
import { describeType } from "./type-name.ts";
import {
  ContextString,
  FunctionValue,
  force,
  forceElement,
  isInt,
  isList,
  type List,
  NixFloat,
  NixPath,
  type Value,
} from "./value.ts";

export interface CoerceOptions {
  /** A path becomes the store path of its copy, with a context; otherwise its own text. */
  readonly copyPaths: boolean;
  /** Also take Booleans, null, numbers and lists. */
  readonly more?: boolean;
}

/** As in `"${x}"`. Made once: strings are taken apart character by character in Nix, and each step comes by here. */
export const withCopies: CoerceOptions = { copyPaths: true };
export const withoutCopies: CoerceOptions = { copyPaths: false };

export function coerceToString(evaluation: Evaluation, value: Value, options: CoerceOptions): string | ContextString {
  if (typeof value === "string" || value instanceof ContextString) return value;
  if (value instanceof NixPath) return coercePath(evaluation, value.path, options);
  if (value instanceof Attrs) return coerceAttrs(evaluation, value, options);
  if (options.more === true) {
    if (isList(value)) return coerceList(evaluation, value, options);
    const text = coerceAtom(value);
    if (text !== null) return text;
  }
  throw notCoercible(value, coercionHint(value, options));
}

function notCoercible(value: Value, hint: string | undefined): EvaluationError {
  return new EvaluationError("type", `cannot coerce ${describeType(value)} to a string: ${shortValue(value)}`, 0, hint);
}

function coercionHint(value: Value, { more }: CoerceOptions): string | undefined {
  if (value instanceof FunctionValue) return "It is a function that has not got all of its arguments";
  return more === true ? undefined : "'toString' makes a string of it";
}

function coerceAtom(value: Value): string | null {
  if (value === true) return "1";
  if (value === false || value === null) return "";
  if (isInt(value)) return String(value);
  return value instanceof NixFloat ? formatFloatFixed(value.value) : null;
}

function coerceAttrs(evaluation: Evaluation, attrs: Attrs, options: CoerceOptions): string | ContextString {
  const toString_ = attrs.force("__toString");
  if (toString_ !== undefined) return coerceToString(evaluation, call1(toString_, attrs), options);
  const outPath = attrs.force("outPath");
  if (outPath === undefined) throw notCoercible(attrs, "Only a set with 'outPath' or '__toString' is also a string");
  return coerceToString(evaluation, outPath, options);
}

/** Elements with a space between; an empty list in the list adds none. */
function coerceList(evaluation: Evaluation, list: List, options: CoerceOptions): string | ContextString {
  const builder = new TextBuilder();
  for (let index = 0; index < list.length; index++) {
    const element = forceElement(list, index);
    builder.append(coerceToString(evaluation, element, options));
    const isEmptyList = isList(element) && element.length === 0;
    if (index < list.length - 1 && !isEmptyList) builder.text += " ";
  }
  return builder.finish();
}

function coercePath(evaluation: Evaluation, path: string, options: CoerceOptions): string | ContextString {
  if (!options.copyPaths) return path;
  const storePath = copyPathToStore(evaluation, path);
  return new ContextString(storePath, new Set([storePath]));
}

/** Copies a file or folder into the store under its own name, once an evaluation. */
export function copyPathToStore(evaluation: Evaluation, path: string): string {
  const known = evaluation.copiedPaths.get(path);
  if (known !== undefined) return known;
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name.endsWith(".drv")) {
    throw new EvaluationError("other", `file names are not allowed to end in '.drv' ('${path}')`);
  }
  const storePath = evaluation.guardIo(() =>
    evaluation.io.addSource({ path, name, method: "recursive", filter: null, sha256: null }),
  );
  evaluation.copiedPaths.set(path, storePath);
  return storePath;
}

/** An absolute path, from a path value or a string. */
export function coerceToPath(
  evaluation: Evaluation,
  value: Value,
): { readonly path: string; readonly text: ContextString | string } {
  const text = coerceToString(evaluation, force(value), { copyPaths: false });
  const path = typeof text === "string" ? text : text.text;
  if (!path.startsWith("/")) {
    throw new EvaluationError("type", `string '${path}' doesn't represent an absolute path`);
  }
  return { path, text };
}
