/** Downloads during evaluation: `fetchurl`, `fetchTarball`, `fetchClosure`. */
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { resolveChannel } from "../text/channel-url.ts";
import { Attrs } from "../value/attrs.ts";
import { expectAttrs, expectBool, expectPlainText, expectText } from "../value/expect.ts";
import { ContextString, force, type Lazy, NixPath, type Value } from "../value/value.ts";
import { type Builtin, builtin } from "./builtin.ts";

interface FetchArguments {
  readonly url: string;
  readonly name: string | null;
  readonly sha256: string | null;
}

/** A URL, or a set with `url`, `name` and `sha256`. */
function fetchArguments(lazy: Lazy, who: string): FetchArguments {
  const value = force(lazy);
  if (!(value instanceof Attrs)) return { url: expectPlainText(value), name: null, sha256: null };
  const text = (name: string): string | null => {
    const member = value.get(name);
    return member === undefined ? null : expectPlainText(member);
  };
  const unknown = value.keys.find((key) => key !== "url" && key !== "name" && key !== "sha256");
  if (unknown !== undefined) throw new EvaluationError("other", `unsupported argument '${unknown}' to '${who}'`);
  const url = text("url");
  if (url === null) throw new EvaluationError("other", "'url' argument required");
  return { url, name: text("name"), sha256: text("sha256") };
}

function fetchByUrl(evaluation: Evaluation, lazy: Lazy, who: "fetchurl" | "fetchTarball"): Value {
  const { url: written, name, sha256 } = fetchArguments(lazy, who);
  const isArchive = who === "fetchTarball";
  const url = isArchive ? resolveChannel(written) : written;
  if (evaluation.options.pure === true && sha256 === null) {
    throw new EvaluationError("other", `in pure evaluation mode, '${who}' requires a 'sha256' argument`);
  }
  const { storePath } = evaluation.guardIo(() =>
    evaluation.io.fetch({
      type: "url",
      url,
      name: name ?? (isArchive ? "source" : url.slice(url.lastIndexOf("/") + 1)),
      form: isArchive ? "archive" : "file",
      sha256,
    }),
  );
  return new ContextString(storePath, new Set([storePath]));
}

const closureArguments = ["fromStore", "fromPath", "toPath", "inputAddressed"];

function fetchClosure(evaluation: Evaluation, lazy: Lazy): Value {
  evaluation.requireFeature("fetch-closure");
  const options = expectAttrs(lazy);
  const unknown = options.keys.find((key) => !closureArguments.includes(key));
  if (unknown !== undefined) {
    throw new EvaluationError("other", `attribute '${unknown}' isn't supported in call to 'fetchClosure'`);
  }
  const text = (name: string): string => {
    const value = options.get(name);
    if (value === undefined) {
      throw new EvaluationError("other", `attribute '${name}' is missing in call to 'fetchClosure'`);
    }
    return expectText(value);
  };
  const path = storePathText(options.get("fromPath") ?? text("fromPath"));
  const cacheUrl = text("fromStore");
  const toPath = options.get("toPath");
  if (toPath !== undefined && storePathText(toPath) !== path) {
    throw new EvaluationError("other", "rewriting a closure to content-addressed form ('toPath') is not supported");
  }
  if (!/^(?:https?|file):\/\//.test(cacheUrl)) {
    throw new EvaluationError("other", "'fetchClosure' only supports http://, https:// and file:// stores");
  }
  const inputAddressed = options.get("inputAddressed");
  const contentAddressed = inputAddressed === undefined || !expectBool(inputAddressed);
  const { storePath } = evaluation.guardIo(() =>
    evaluation.io.fetch({ type: "closure", cacheUrl, path, contentAddressed }),
  );
  return new ContextString(storePath, new Set([storePath]));
}

/** Store paths are written as strings or as paths. */
function storePathText(lazy: Lazy): string {
  const value = force(lazy);
  return value instanceof NixPath ? value.path : expectText(value);
}

export function fetchBuiltins(evaluation: Evaluation): readonly Builtin[] {
  return [
    builtin("fetchurl", "s", (options = null) => fetchByUrl(evaluation, options, "fetchurl")),
    builtin("fetchTarball", "s", (options = null) => fetchByUrl(evaluation, options, "fetchTarball"), true),
    builtin("fetchClosure", "s", (options = null) => fetchClosure(evaluation, options)),
  ];
}
