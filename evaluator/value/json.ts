/** `builtins.toJSON` and `--json`: one line, no spaces, sets in the order of their names, context gathered aside. */
import { traced } from "../compile/trace.ts";
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { formatFloatJson } from "../text/float-format.ts";
import { quoteJson } from "../text/json-text.ts";
import { Attrs } from "./attrs.ts";
import { call1 } from "./call.ts";
import { coerceToString, copyPathToStore } from "./coerce.ts";
import { TextBuilder } from "./text-builder.ts";
import { describeType } from "./type-name.ts";
import { ContextString, force, forceElement, isInt, isList, type Lazy, type List, NixFloat, NixPath } from "./value.ts";

/** Appends the JSON of a value. `copyPaths`: paths are copied to the store, else stand as they are. */
export function writeJson(evaluation: Evaluation, lazy: Lazy, builder: TextBuilder, copyPaths: boolean): void {
  const value = force(lazy);
  if (typeof value === "string") builder.text += quoteJson(value);
  else if (value === null || typeof value === "boolean" || isInt(value)) builder.text += String(value);
  else if (value instanceof ContextString) {
    builder.text += quoteJson(value.text);
    builder.addContext(value.context);
  } else if (value instanceof Attrs) writeAttrs(evaluation, value, builder, copyPaths);
  else if (isList(value)) writeList(evaluation, value, builder, copyPaths);
  else if (value instanceof NixFloat) builder.text += formatFloatJson(value.value);
  else if (value instanceof NixPath) writePath(evaluation, value.path, builder, copyPaths);
  else throw new EvaluationError("type", `cannot convert ${describeType(value)} to JSON`);
}

export function toJson(evaluation: Evaluation, value: Lazy, copyPaths = true): string | ContextString {
  const builder = new TextBuilder();
  writeJson(evaluation, value, builder, copyPaths);
  return builder.finish();
}

function writePath(evaluation: Evaluation, path: string, builder: TextBuilder, copyPaths: boolean): void {
  if (!copyPaths) {
    builder.text += quoteJson(path);
    return;
  }
  const storePath = copyPathToStore(evaluation, path);
  builder.text += quoteJson(storePath);
  builder.addElement(storePath);
}

function writeList(evaluation: Evaluation, list: List, builder: TextBuilder, copyPaths: boolean): void {
  builder.text += "[";
  for (let index = 0; index < list.length; index++) {
    if (index > 0) builder.text += ",";
    writeJson(evaluation, forceElement(list, index), builder, copyPaths);
  }
  builder.text += "]";
}

function writeAttrs(evaluation: Evaluation, attrs: Attrs, builder: TextBuilder, copyPaths: boolean): void {
  const toString_ = attrs.force("__toString");
  if (toString_ !== undefined) {
    const text = coerceToString(evaluation, call1(toString_, attrs), { copyPaths: false });
    writeJson(evaluation, text, builder, copyPaths);
    return;
  }
  const outPath = attrs.get("outPath");
  if (outPath !== undefined) {
    writeJson(evaluation, outPath, builder, copyPaths);
    return;
  }
  builder.text += "{";
  for (let index = 0; index < attrs.size; index++) {
    builder.text += `${index > 0 ? "," : ""}${quoteJson(attrs.keys[index] as string)}:`;
    try {
      writeJson(evaluation, attrs.values[index] as Lazy, builder, copyPaths);
    } catch (error) {
      throw traced(error, `while evaluating the attribute '${attrs.keys[index]}'`, attrs.shape.position(index));
    }
  }
  builder.text += "}";
}
