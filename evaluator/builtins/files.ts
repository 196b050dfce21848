/** Files, the search path, and copying into the store. */
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { EvalIoError, type FileType } from "../io.ts";
import { canonicalPath } from "../syntax/canonical-path.ts";
import { resolveChannel } from "../text/channel-url.ts";
import { parseFlakeRef } from "../text/flake-ref.ts";
import { attrsFromPairs } from "../value/attrs.ts";
import { call2 } from "../value/call.ts";
import { coerceToPath, coerceToString } from "../value/coerce.ts";
import {
  expectAttrs,
  expectBool,
  expectFunction,
  expectList,
  expectPlainText,
  expectString,
  textOf,
} from "../value/expect.ts";
import { toJson } from "../value/json.ts";
import { ContextString, force, forceElement, type Lazy, NixPath, type Value } from "../value/value.ts";
import { toXml } from "../value/xml.ts";
import { type Builtin, builtin } from "./builtin.ts";
import { parseContextElement } from "./contexts.ts";
import { fetchTreeOf, guardRef } from "./fetch-tree.ts";
import { importedDerivation } from "./imported-derivation.ts";

/** The path an argument means, built first when it is an output of a derivation (import from derivation). */
export function realisedPath(evaluation: Evaluation, lazy: Lazy): string {
  const { path, text } = coerceToPath(evaluation, force(lazy));
  if (typeof text !== "string") realiseContext(evaluation, text);
  return canonicalPath(path);
}

export function realiseContext(evaluation: Evaluation, text: ContextString): void {
  const wanted = new Map<string, string[]>();
  for (const encoded of text.context) {
    const element = parseContextElement(encoded);
    if (element.type !== "output") continue;
    const outputs = wanted.get(element.drvPath);
    if (outputs === undefined) wanted.set(element.drvPath, [element.output]);
    else outputs.push(element.output);
  }
  if (wanted.size === 0) return;
  if (evaluation.options.importFromDerivation === false) {
    const [[drvPath, outputs] = ["", []]] = wanted;
    throw new EvaluationError(
      "other",
      `cannot build '${drvPath}^${outputs.join(",")}' during evaluation because the option 'allow-import-from-derivation' is disabled`,
    );
  }
  const requests = [...wanted].map(([drvPath, outputs]) => ({ drvPath, outputs }));
  evaluation.guardIo(() => evaluation.io.realise(requests));
}

/** `<x>`: the first entry of the search path that has it. */
export function findFile(evaluation: Evaluation, entries: Lazy, lazyName: Lazy): Value {
  const name = expectPlainText(lazyName);
  const list = expectList(entries);
  for (let index = 0; index < list.length; index++) {
    const entry = expectAttrs(forceElement(list, index));
    const prefix = entry.get("prefix");
    const path = entry.get("path");
    if (path === undefined) continue;
    const found = findInEntry(evaluation, prefix === undefined ? "" : expectPlainText(prefix), path, name);
    if (found !== null) return new NixPath(found);
  }
  if (name.startsWith("nix/"))
    return new NixPath(`${evaluation.io.ownFiles}/${canonicalPath(name.slice(4), "/").slice(1)}`);
  throw new EvaluationError(
    "throw",
    evaluation.options.pure === true
      ? `cannot look up '<${name}>' in pure evaluation mode (use '--impure' to override)`
      : `file '${name}' was not found in the Nix search path (add it using $NIX_PATH or -I)`,
  );
}

function findInEntry(evaluation: Evaluation, prefix: string, path: Lazy, name: string): string | null {
  if (prefix !== "" && name !== prefix && !name.startsWith(`${prefix}/`)) return null;
  const rest = prefix === "" ? name : name.slice(prefix.length + 1);
  const folder = searchFolder(evaluation, textOf(coerceToString(evaluation, force(path), { copyPaths: false })));
  if (folder === null) return null;
  const full = canonicalPath(rest === "" ? folder : `${folder}/${rest}`);
  return evaluation.fileTypeIfAllowed(full) === null ? null : full;
}

/** An entry may be the URL of an archive or a flake; an archive that cannot be had is passed over, as in Nix. */
function searchFolder(evaluation: Evaluation, entry: string): string | null {
  if (entry.startsWith("flake:")) {
    evaluation.requireFeature("flakes");
    const attributes = guardRef(() => parseFlakeRef(entry.slice("flake:".length)));
    const path = fetchTreeOf(evaluation, attributes).force("outPath") ?? null;
    return textOf(coerceToString(evaluation, path, { copyPaths: false }));
  }
  if (!/^(?:https?|file|channel):/.test(entry)) return entry;
  const url = resolveChannel(entry);
  try {
    return evaluation.io.fetch({ type: "url", url, name: "source", form: "archive", sha256: null }).storePath;
  } catch (error) {
    if (!(error instanceof EvalIoError)) throw error;
    evaluation.io.log(`warning: Nix search path entry '${entry}' cannot be downloaded, ignoring: ${error.message}`);
    return null;
  }
}

function readFile(evaluation: Evaluation, lazy: Lazy): Value {
  const path = realisedPath(evaluation, lazy);
  const text = evaluation.guardIo(() => evaluation.io.readFile(path));
  if (text.includes("\0")) throw new EvaluationError("other", `the contents of the file '${path}' cannot be a string`);
  const context = referencesIn(evaluation, path, text);
  return context.size === 0 ? text : new ContextString(text, context);
}

/** What a file of the store refers to, as far as its own text shows it: whoever uses the text depends on that. */
function referencesIn({ io }: Evaluation, path: string, text: string): Set<string> {
  const prefix = `${io.storeDir}/`;
  if (!path.startsWith(prefix)) return new Set();
  const end = path.indexOf("/", prefix.length);
  const references = io.referencesOf(end < 0 ? path : path.slice(0, end));
  const hashLength = 32;
  return new Set(references.filter((path) => text.includes(path.slice(prefix.length, prefix.length + hashLength))));
}

function readDir(evaluation: Evaluation, lazy: Lazy): Value {
  const path = realisedPath(evaluation, lazy);
  const entries = evaluation.guardIo(() => evaluation.io.readDir(path));
  return attrsFromPairs([...entries.keys()], [...entries.values()]);
}

function pathExists(evaluation: Evaluation, lazy: Lazy): Value {
  const { path, text } = coerceToPath(evaluation, force(lazy));
  if (typeof text !== "string") realiseContext(evaluation, text);
  const isFolderWanted = /\/\.?$/.test(path);
  const type = evaluation.fileTypeIfAllowed(canonicalPath(path));
  return type !== null && (!isFolderWanted || type !== "regular");
}

function baseNameOf(evaluation: Evaluation, lazy: Lazy): Value {
  const value = coerceToString(evaluation, force(lazy), { copyPaths: false });
  const text = textOf(value);
  const trimmed = text.endsWith("/") ? text.slice(0, -1) : text;
  const base = trimmed.slice(trimmed.lastIndexOf("/") + 1);
  return typeof value === "string" ? base : new ContextString(base, value.context);
}

function dirOf(evaluation: Evaluation, lazy: Lazy): Value {
  const value = force(lazy);
  if (value instanceof NixPath) return new NixPath(parentOf(value.path));
  const coerced = coerceToString(evaluation, value, { copyPaths: false });
  const parent = parentOf(textOf(coerced));
  return typeof coerced === "string" ? parent : new ContextString(parent, coerced.context);
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : path.slice(0, slash);
}

function toFile(evaluation: Evaluation, lazyName: Lazy, lazyText: Lazy): Value {
  const name = expectPlainText(lazyName);
  const text = expectString(lazyText);
  const references: string[] = [];
  for (const encoded of typeof text === "string" ? [] : text.context) {
    const element = parseContextElement(encoded);
    if (element.type !== "path") {
      throw new EvaluationError(
        "other",
        `in 'toFile': the file '${name}' must not contain a reference to a derivation but contains one to '${element.drvPath}'`,
      );
    }
    references.push(element.path);
  }
  const path = evaluation.guardIo(() => evaluation.io.addText(name, textOf(text), references.sort()));
  return new ContextString(path, new Set([path]));
}

/** A path that has its hash may come from where nothing else may be read: then it is taken as it is. */
function realPathOf({ io }: Evaluation, { path, sha256 }: SourceArguments): string {
  try {
    return io.realPath(path);
  } catch (error) {
    if (sha256 !== null && error instanceof EvalIoError && error.kind === "denied") return path;
    throw error;
  }
}

interface SourceArguments {
  readonly path: string;
  readonly name: string;
  readonly filter: Value | null;
  readonly recursive: boolean;
  readonly sha256: string | null;
}

function addSource(evaluation: Evaluation, source: SourceArguments): Value {
  const { filter, recursive, name, sha256 } = source;
  const path = evaluation.guardIo(() => realPathOf(evaluation, source));
  const accept =
    filter === null
      ? null
      : // The filter sees the path as it was given, not where a symlink leads.
        (child: string, type: FileType): boolean =>
          expectBool(call2(filter, source.path + child.slice(path.length), type));
  const method = recursive ? "recursive" : "flat";
  const storePath = evaluation.guardIo(() => evaluation.io.addSource({ path, name, method, filter: accept, sha256 }));
  return new ContextString(storePath, new Set([storePath]));
}

function lastComponent(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function filterSource(evaluation: Evaluation, filter: Lazy, lazyPath: Lazy): Value {
  const path = realisedPath(evaluation, lazyPath);
  const accept = expectFunction(filter);
  return addSource(evaluation, { path, name: lastComponent(path), filter: accept, recursive: true, sha256: null });
}

function addPath(evaluation: Evaluation, lazy: Lazy): Value {
  const options = expectAttrs(lazy);
  const unknown = options.keys.find((key) => !["path", "name", "filter", "recursive", "sha256"].includes(key));
  if (unknown !== undefined) {
    throw new EvaluationError("other", `unsupported argument '${unknown}' to 'builtins.path'`);
  }
  const lazyPath = options.get("path");
  if (lazyPath === undefined) throw new EvaluationError("other", "'path' required");
  const path = realisedPath(evaluation, lazyPath);
  const [name, filter, recursive, sha256] = (["name", "filter", "recursive", "sha256"] as const).map((key) =>
    options.get(key),
  );
  return addSource(evaluation, {
    path,
    // An empty name counts as none, as in Nix.
    name: (name === undefined ? "" : expectPlainText(name)) || lastComponent(path),
    filter: filter === undefined ? null : expectFunction(filter),
    recursive: recursive === undefined || expectBool(recursive),
    sha256: sha256 === undefined ? null : expectPlainText(sha256),
  });
}

function storePath(evaluation: Evaluation, lazy: Lazy): Value {
  const { io } = evaluation;
  if (evaluation.options.pure === true) {
    throw new EvaluationError("other", "'builtins.storePath' is not allowed in pure evaluation mode");
  }
  const { path, text } = coerceToPath(evaluation, force(lazy));
  const canonical = canonicalPath(path);
  if (!canonical.startsWith(`${io.storeDir}/`)) {
    throw new EvaluationError("other", `path '${canonical}' is not in the Nix store`);
  }
  const end = canonical.indexOf("/", io.storeDir.length + 1);
  const top = end < 0 ? canonical : canonical.slice(0, end);
  if (!evaluation.guardIo(() => io.isValidStorePath(top))) {
    throw new EvaluationError("other", `path '${top}' is not valid`);
  }
  const context = typeof text === "string" ? [] : text.context;
  return new ContextString(canonical, new Set([...context, top]));
}

function importPath(evaluation: Evaluation, path: string): Value {
  const { io } = evaluation;
  if (path.endsWith(".drv") && path.startsWith(`${io.storeDir}/`)) {
    const derivation = evaluation.guardIo(() => io.readDerivation(path));
    if (derivation !== null) return importedDerivation(path, derivation);
  }
  return evaluation.importFile(path);
}

function scopedImport(evaluation: Evaluation, scope: Lazy, lazyPath: Lazy): Value {
  const attrs = expectAttrs(scope);
  const path = realisedPath(evaluation, lazyPath);
  return attrs.size === 0 ? evaluation.importFile(path) : evaluation.importScoped(path, attrs);
}

function readFileType(evaluation: Evaluation, lazy: Lazy): Value {
  const path = realisedPath(evaluation, lazy);
  const type = evaluation.fileType(path);
  if (type === null) throw new EvaluationError("io", `getting status of '${path}': No such file or directory`);
  return type;
}

export function fileBuiltins(evaluation: Evaluation): readonly Builtin[] {
  return [
    builtin("import", "s", (path = null) => importPath(evaluation, realisedPath(evaluation, path)), true),
    builtin("scopedImport", "ss", (scope = null, path = null) => scopedImport(evaluation, scope, path), true),
    builtin("findFile", "ss", (entries = null, name = null) => findFile(evaluation, entries, name)),
    builtin("readFile", "s", (path = null) => readFile(evaluation, path)),
    builtin("readDir", "s", (path = null) => readDir(evaluation, path)),
    builtin("readFileType", "s", (path = null) => readFileType(evaluation, path)),
    builtin("pathExists", "s", (path = null) => pathExists(evaluation, path)),
    builtin("baseNameOf", "s", (path = null) => baseNameOf(evaluation, path), true),
    builtin("dirOf", "s", (path = null) => dirOf(evaluation, path), true),
    builtin("toPath", "s", (path = null) => {
      const { path: text, text: value } = coerceToPath(evaluation, force(path));
      const canonical = canonicalPath(text);
      return typeof value === "string" ? canonical : new ContextString(canonical, value.context);
    }),
    builtin("toFile", "ss", (name = null, text = null) => toFile(evaluation, name, text)),
    builtin("path", "s", (options = null) => addPath(evaluation, options)),
    builtin("filterSource", "ss", (filter = null, path = null) => filterSource(evaluation, filter, path)),
    builtin("storePath", "s", (path = null) => storePath(evaluation, path)),
    builtin("toJSON", "l", (value = null) => toJson(evaluation, value)),
    builtin("toXML", "l", (value = null) => toXml(evaluation, value, { strict: true, locations: false })),
  ];
}
