/** Documentation and places of values, for `:doc` and `:e`. */
import { fromByteString } from "#store/std/byte-string.ts";
import { builtinDocs } from "../builtins/docs.ts";
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { Attrs } from "../value/attrs.ts";
import { LambdaValue, PartialCall, Primop } from "../value/callable.ts";
import { textOf } from "../value/expect.ts";
import { describeType } from "../value/type-name.ts";
import { isString, NixPath, type Value } from "../value/value.ts";
import type { Documentation, SourcePlace } from "./session-protocol.ts";

/** A comment that ends where a function begins, or before the name that it is bound to. */
const docComment =
  /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:(?:[A-Za-z_][\w'-]*|"[^"]*")(?:\.(?:[A-Za-z_][\w'-]*|"[^"]*"))*\s*=)?[\s(]*$/;
/** How far before a function its comment may begin. */
const commentReach = 20_000;

/** @throws EvaluationError for what has none */
export function documentationOf(evaluation: Evaluation, value: Value): Documentation {
  const callee = value instanceof PartialCall ? value.callee : value;
  if (callee instanceof Primop) return builtinDocumentation(callee);
  if (callee instanceof LambdaValue) return lambdaDocumentation(evaluation, callee);
  const functor = callee instanceof Attrs ? callee.force("__functor") : undefined;
  if (functor !== undefined) return documentationOf(evaluation, functor);
  throw new EvaluationError(
    "type",
    `value is ${describeType(value)}, and only functions have documentation`,
    0,
    "':doc map' shows that of a builtin, ':t' the type of any value",
  );
}

function builtinDocumentation({ name, arity }: Primop): Documentation {
  const known = builtinDocs[name];
  const parameters = known?.parameters ?? Array.from({ length: arity }, (_none, index) => `arg${index + 1}`);
  return {
    signature: ["builtins.".concat(name), ...parameters].join(" "),
    text: known?.text ?? "There is no text about this builtin yet.",
    place: null,
  };
}

function lambdaDocumentation(evaluation: Evaluation, { code }: LambdaValue): Documentation {
  const name = code.name ?? "function";
  const parameters =
    code.formals === null
      ? code.parameterNames.map((parameter) => `${parameter}:`).join(" ")
      : `{ ${[...code.formals.map((formal) => formal.name + (formal.fallback === null ? "" : " ? .."))].join(", ")}${code.ellipsis ? ", ..." : ""} }:`;
  return {
    signature: fromByteString(`${name} = ${parameters} ..`),
    text: fromByteString(
      commentBefore(evaluation, code.pos) ?? "There is no documentation comment (`/** .. */`) on it.",
    ),
    place: locate(evaluation, code.pos),
  };
}

function commentBefore(evaluation: Evaluation, pos: number): string | null {
  const file = evaluation.sources.fileOf(pos);
  if (file === null) return null;
  const offset = pos - file.base;
  const found = docComment.exec(file.text.slice(Math.max(0, offset - commentReach), offset));
  return found?.[1] === undefined ? null : withoutMargin(found[1]);
}

/** Comments are indented as their code is, and some have a star in front of each line. */
function withoutMargin(comment: string): string {
  const lines = comment.split("\n").map((line) => line.trimEnd());
  const starred = lines.slice(1, -1).every((line) => /^\s*\*/.test(line)) && lines.length > 2;
  const bare = starred ? lines.map((line) => line.replace(/^\s*\* ?/, "")) : lines;
  const margins = bare
    .slice(1)
    .filter((line) => line.trim() !== "")
    .map((line) => line.length - line.trimStart().length);
  const margin = Math.min(...margins, Number.MAX_SAFE_INTEGER);
  const [first = "", ...rest] = bare;
  return [first.trim(), ...rest.map((line) => line.slice(margin))].join("\n").trim();
}

/** Where a value comes from: a function, a path, a package (`meta.position`), a set with a place for one of its names. */
export function placeOf(evaluation: Evaluation, value: Value): SourcePlace {
  const place = value instanceof Attrs ? placeOfAttrs(evaluation, value) : placeOfOther(evaluation, value);
  if (place !== null) return place;
  throw new EvaluationError("type", `cannot tell where ${describeType(value)} comes from`);
}

function placeOfOther(evaluation: Evaluation, value: Value): SourcePlace | null {
  const callee = value instanceof PartialCall ? value.callee : value;
  if (callee instanceof LambdaValue) return locate(evaluation, callee.code.pos);
  if (value instanceof NixPath)
    return { file: fromByteString(evaluation.resolveExprPath(value.path)), line: 1, column: 1 };
  if (isString(value) && textOf(value).startsWith("/"))
    return { file: fromByteString(textOf(value)), line: 1, column: 1 };
  return null;
}

function placeOfAttrs(evaluation: Evaluation, attrs: Attrs): SourcePlace | null {
  const meta = attrs.force("meta");
  const position = meta instanceof Attrs ? meta.force("position") : undefined;
  if (position !== undefined && isString(position)) {
    const [, file, line] = /^(.*):(\d+)$/.exec(fromByteString(textOf(position))) ?? [];
    if (file !== undefined) return { file, line: Number(line), column: 1 };
  }
  const known = attrs.keys.map((_name, index) => attrs.shape.position(index)).find((pos) => pos !== 0);
  return known === undefined ? null : locate(evaluation, known);
}

function locate(evaluation: Evaluation, pos: number): SourcePlace | null {
  const file = evaluation.sources.fileOf(pos);
  const place = evaluation.sources.locate(pos);
  if (place === null || file?.isFile !== true) return null;
  return { file: fromByteString(place.file), line: place.line, column: place.column };
}
