/** Strings, versions and regular expressions. */
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { compileRegex, type PosixRegex, PosixRegexError } from "../text/posix-regex.ts";
import { compareVersions, parseDrvName, splitVersion } from "../text/version.ts";
import { attrsFromObject } from "../value/attrs.ts";
import { coerceToString, withCopies } from "../value/coerce.ts";
import { expectList, expectPlainText, expectSmallInt, expectString, expectText, textOf } from "../value/expect.ts";
import { TextBuilder, withContext } from "../value/text-builder.ts";
import { type ContextString, force, forceElement, type Lazy, type Value } from "../value/value.ts";
import { type Builtin, builtin } from "./builtin.ts";
import { replaceStrings } from "./replace-strings.ts";

function substring(evaluation: Evaluation, lazyStart: Lazy, lazyLength: Lazy, lazy: Lazy): Value {
  const start = expectSmallInt(lazyStart);
  const length = expectSmallInt(lazyLength);
  if (start < 0) throw new EvaluationError("other", "negative start position in 'substring'");
  const value = typeof lazy === "string" ? lazy : coerceToString(evaluation, force(lazy), withCopies);
  const text = textOf(value);
  const part = length < 0 ? text.slice(start) : text.slice(start, start + length);
  return typeof value === "string" ? part : withContext(part, value.context);
}

function concatStringsSep(evaluation: Evaluation, separator: Lazy, lazyList: Lazy): Value {
  const between = expectString(separator);
  const list = expectList(lazyList);
  const builder = new TextBuilder();
  if (typeof between !== "string") builder.addContext(between.context);
  for (let index = 0; index < list.length; index++) {
    if (index > 0) builder.text += textOf(between);
    builder.append(coerceToString(evaluation, forceElement(list, index), withCopies));
  }
  return builder.finish();
}

function regexOf(lazy: Lazy): PosixRegex {
  return compileRegex(expectPlainText(lazy));
}

/** Pieces have no context; a text that nothing matches in stays as it is. */
function split(regex: PosixRegex, text: string | ContextString): Value {
  const parts: Value = regex.split(textOf(text));
  return parts.length === 1 ? [text] : parts;
}

function guardRegex<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (error instanceof PosixRegexError) throw new EvaluationError("other", error.message);
    throw error;
  }
}

function versionList(lazy: Lazy): Value {
  return splitVersion(expectPlainText(lazy));
}

export function stringBuiltins(evaluation: Evaluation): readonly Builtin[] {
  const toText = (lazy: Lazy): string | ContextString =>
    coerceToString(evaluation, force(lazy), { copyPaths: false, more: true });
  return [
    builtin("toString", "s", (value = null) => toText(value), true),
    builtin("stringLength", "s", (value = null) => {
      if (typeof value === "string") return value.length;
      return textOf(coerceToString(evaluation, force(value), withCopies)).length;
    }),
    builtin("substring", "sss", (start = null, length = null, text = null) =>
      substring(evaluation, start, length, text),
    ),
    builtin("concatStringsSep", "ss", (separator = null, list = null) => concatStringsSep(evaluation, separator, list)),
    builtin("replaceStrings", "sss", (from = null, to = null, text = null) => replaceStrings(from, to, text)),
    builtin(
      "match",
      "ss",
      (pattern = null, text = null): Value => guardRegex(() => regexOf(pattern).match(expectText(text))),
    ),
    builtin(
      "split",
      "ss",
      (pattern = null, text = null): Value => guardRegex(() => split(regexOf(pattern), expectString(text))),
    ),
    builtin("compareVersions", "ss", (a = null, b = null) => compareVersions(expectPlainText(a), expectPlainText(b))),
    builtin("splitVersion", "s", (version = null) => versionList(version)),
    builtin("parseDrvName", "s", (name = null) => attrsFromObject({ ...parseDrvName(expectPlainText(name)) })),
  ];
}
