/** Downloads during evaluation. */
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { Attrs } from "../value/attrs.ts";
import { expectPlainText } from "../value/expect.ts";
import { ContextString, force, type Lazy, type Value } from "../value/value.ts";
import { type Builtin, builtin } from "./builtin.ts";

interface FetchArguments {
  readonly url: string;
  readonly name: string | null;
  readonly sha256: string | null;
}

/** A URL, or a set with `url`, `name` and `sha256`. */
function fetchArguments(lazy: Lazy): FetchArguments {
  const value = force(lazy);
  if (!(value instanceof Attrs)) return { url: expectPlainText(value), name: null, sha256: null };
  const text = (name: string): string | null => {
    const member = value.get(name);
    return member === undefined ? null : expectPlainText(member);
  };
  const unknown = value.keys.find((key) => key !== "url" && key !== "name" && key !== "sha256");
  if (unknown !== undefined) throw new EvaluationError("other", `unsupported argument '${unknown}' to 'fetchurl'`);
  const url = text("url");
  if (url === null) throw new EvaluationError("other", "'url' argument required");
  return { url, name: text("name"), sha256: text("sha256") };
}

function fetchUrl(evaluation: Evaluation, lazy: Lazy): Value {
  const { url, name, sha256 } = fetchArguments(lazy);
  const path = evaluation.guardIo(() =>
    evaluation.io.fetch({ url, name: name ?? url.slice(url.lastIndexOf("/") + 1), sha256 }),
  );
  return new ContextString(path, new Set([path]));
}

export function fetchBuiltins(evaluation: Evaluation): readonly Builtin[] {
  return [builtin("fetchurl", "s", (options = null) => fetchUrl(evaluation, options))];
}
