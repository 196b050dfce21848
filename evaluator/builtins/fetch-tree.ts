/** Trees of version control, archives and folders: `fetchGit`, `fetchMercurial`, `fetchTree`, and what flakes use. */
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import type { FetchedSource } from "../io.ts";
import {
  FlakeRefError,
  parseFlakeRef,
  printFlakeRef,
  type RefAttribute,
  type RefAttributes,
} from "../text/flake-ref.ts";
import { Attrs, attrsFromPairs } from "../value/attrs.ts";
import { coerceToString } from "../value/coerce.ts";
import { textOf } from "../value/expect.ts";
import { describeType } from "../value/type-name.ts";
import { ContextString, force, isInt, isString, type Lazy, NixPath, type Value } from "../value/value.ts";
import { type Builtin, builtin } from "./builtin.ts";
import { archiveOf } from "./hosted-archive.ts";

/** Faults of references as evaluation errors. */
export function guardRef<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof FlakeRefError) throw new EvaluationError("other", error.message);
    throw error;
  }
}

function readAttributes(evaluation: Evaluation, attrs: Attrs, who: string): Map<string, RefAttribute> {
  const result = new Map<string, RefAttribute>();
  attrs.keys.forEach((name, index) => {
    const value = attrs.forceAt(index);
    if (isString(value) || value instanceof NixPath) {
      result.set(name, textOf(coerceToString(evaluation, value, { copyPaths: false })));
    } else if (typeof value === "boolean") result.set(name, value);
    else if (isInt(value)) result.set(name, unsigned(Number(value), name, who));
    else {
      throw new EvaluationError(
        "type",
        `argument '${name}' to '${who}' is ${describeType(value)} while a string, Boolean or integer is expected`,
      );
    }
  });
  return result;
}

function unsigned(value: number, name: string, who: string): number {
  if (value >= 0) return value;
  throw new EvaluationError("other", `negative value given for '${who}' argument '${name}': ${value}`);
}

/** What git takes besides URLs: `host:path` of ssh, and paths. */
export function fixGitUrl(url: string): string {
  const plain = url.replace(/^git\+/, "");
  if (plain.includes("://")) return plain;
  if (plain.startsWith("file:")) return `file://${plain.slice("file:".length)}`;
  if (plain.startsWith("/")) return `file://${plain}`;
  const [, host, path] = /^((?:[^@/:]+@)?[^/:]+):(.*)$/s.exec(plain) ?? [];
  return host === undefined ? `file://${plain}` : `ssh://${host}/${path}`;
}

/** How the result shows what was fetched. */
interface ShowOptions {
  /** `fetchGit`: a tree without a revision has one of zeros. */
  readonly zeroRevision: boolean;
}

const noRevision = "0".repeat(40);

function showSource(source: FetchedSource, attributes: RefAttributes, { zeroRevision }: ShowOptions): Attrs {
  const names: string[] = [];
  const values: Lazy[] = [];
  const add = (name: string, value: Lazy | undefined): void => {
    if (value === undefined) return;
    names.push(name);
    values.push(value);
  };
  const given = <T>(name: string, fetched: T | undefined): T | RefAttribute | undefined =>
    fetched ?? attributes.get(name);
  add("outPath", new ContextString(source.storePath, new Set([source.storePath])));
  add("narHash", source.narHash);
  if (attributes.get("type") === "git") add("submodules", attributes.get("submodules") === true);
  const rev = given("rev", source.rev) ?? (zeroRevision ? noRevision : undefined);
  if (typeof rev === "string") {
    add("rev", rev);
    add("shortRev", rev.slice(0, 7));
  }
  add("revCount", given("revCount", source.revCount) ?? (zeroRevision ? 0 : undefined));
  if (source.dirtyRev !== undefined) {
    add("dirtyRev", `${source.dirtyRev}-dirty`);
    add("dirtyShortRev", `${source.dirtyRev.slice(0, 7)}-dirty`);
  }
  const lastModified = attributes.get("lastModified") ?? source.lastModified;
  if (typeof lastModified === "number") {
    add("lastModified", lastModified);
    add("lastModifiedDate", new Date(lastModified * 1000).toISOString().replaceAll(/[-:T]|\..*$/g, ""));
  }
  return attrsFromPairs(names, values);
}

class TreeFetcher {
  readonly #evaluation: Evaluation;
  readonly #attributes: RefAttributes;

  constructor(evaluation: Evaluation, attributes: RefAttributes) {
    this.#evaluation = evaluation;
    this.#attributes = attributes;
  }

  fetch(): FetchedSource {
    return this.#evaluation.guardIo(() => this.#fetch());
  }

  #fetch(): FetchedSource {
    const { io } = this.#evaluation;
    const type = this.#text("type") ?? "";
    const narHash = this.#text("narHash");
    const name = this.#text("name") ?? "source";
    switch (type) {
      case "path":
        return io.fetch({ type: "path", path: this.#required("path"), narHash });
      case "git":
        return this.#fetchGit(name, narHash);
      case "hg":
      case "mercurial":
        return io.fetch({
          type: "mercurial",
          url: this.#required("url"),
          name,
          rev: this.#text("rev") ?? this.#text("ref"),
        });
      case "tarball":
        return io.fetch({ type: "url", url: this.#required("url"), name, form: "archive", sha256: narHash });
      case "file":
        return io.fetch({ type: "url", url: this.#required("url"), name, form: "file-tree", sha256: narHash });
      case "github":
      case "gitlab":
      case "sourcehut": {
        const { url, rev } = guardRef(() => archiveOf(this.#evaluation, this.#attributes));
        return { ...io.fetch({ type: "url", url, name, form: "archive", sha256: narHash }), rev };
      }
      case "indirect":
        throw new EvaluationError(
          "other",
          `cannot find flake '${guardRef(() => printFlakeRef(this.#attributes))}' in the flake registries`,
          0,
          "name where it is, as github:owner/repo or path:/folder: registries are not consulted",
        );
      default:
        throw new EvaluationError("other", `input type '${type}' is unsupported`);
    }
  }

  #fetchGit(name: string, narHash: string | null): FetchedSource {
    const flag = (key: string): boolean => this.#attributes.get(key) === true;
    return this.#evaluation.io.fetch({
      type: "git",
      url: fixGitUrl(this.#required("url")),
      name,
      ref: this.#text("ref"),
      rev: this.#text("rev"),
      submodules: flag("submodules"),
      shallow: flag("shallow"),
      allRefs: flag("allRefs"),
      exportIgnore: flag("exportIgnore"),
      narHash,
    });
  }

  #text(name: string): string | null {
    const value = this.#attributes.get(name);
    if (value === undefined || typeof value === "string") return value ?? null;
    throw new EvaluationError("type", `input attribute '${name}' is not a string`);
  }

  #required(name: string): string {
    const value = this.#text(name);
    if (value === null) throw new EvaluationError("other", `input attribute '${name}' is missing`);
    return value;
  }
}

/** Does a reference name one content for ever? */
export function isLocked(attributes: RefAttributes): boolean {
  if (attributes.has("narHash")) return true;
  const type = attributes.get("type");
  return attributes.has("rev") && type !== "path" && type !== "tarball" && type !== "file" && type !== "indirect";
}

/** A tree as flakes see it: its `outPath`, hash and revision. */
export function fetchTreeOf(evaluation: Evaluation, attributes: RefAttributes): Attrs {
  const plain = new Map(attributes);
  plain.delete("dir");
  const source = new TreeFetcher(evaluation, plain).fetch();
  return showSource(source, plain, { zeroRevision: false });
}

function requireLocked(evaluation: Evaluation, attributes: RefAttributes, who: string): void {
  if (evaluation.options.pure !== true || isLocked(attributes)) return;
  const text = guardRef(() => printFlakeRef(attributes));
  throw new EvaluationError("other", `in pure evaluation mode, '${who}' doesn't fetch unlocked input '${text}'`);
}

function fetchTree(evaluation: Evaluation, lazy: Lazy): Value {
  const attributes = treeArguments(evaluation, force(lazy));
  requireLocked(evaluation, attributes, "fetchTree");
  return fetchTreeOf(evaluation, attributes);
}

function treeArguments(evaluation: Evaluation, value: Value): RefAttributes {
  if (!(value instanceof Attrs)) {
    const text = textOf(coerceToString(evaluation, value, { copyPaths: false }));
    if (!evaluation.hasFeature("flakes")) {
      throw new EvaluationError(
        "other",
        "passing a string argument to 'fetchTree' requires the 'flakes' experimental feature",
      );
    }
    return guardRef(() => parseFlakeRef(text));
  }
  const attributes = readAttributes(evaluation, value, "fetchTree");
  if (!attributes.has("type")) {
    throw new EvaluationError("other", "argument 'type' is missing in call to 'fetchTree'");
  }
  if (attributes.has("name")) {
    throw new EvaluationError("other", "argument 'name' isn't supported in call to 'fetchTree'");
  }
  if (attributes.get("type") === "git" && !attributes.has("shallow")) attributes.set("shallow", true);
  return attributes;
}

/** A set of arguments, or a URL alone. */
function setOrUrl(evaluation: Evaluation, value: Value, who: string): Map<string, RefAttribute> {
  if (value instanceof Attrs) return readAttributes(evaluation, value, who);
  return new Map([["url", textOf(coerceToString(evaluation, value, { copyPaths: false }))]]);
}

const gitArguments: ReadonlySet<string> = new Set([
  ...["url", "name", "ref", "rev", "shallow", "submodules", "allRefs", "exportIgnore", "lfs"],
  ...["narHash", "lastModified", "revCount"],
]);

function fetchGit(evaluation: Evaluation, lazy: Lazy): Value {
  const attributes = setOrUrl(evaluation, force(lazy), "fetchGit");
  if (attributes.has("type")) throw new EvaluationError("other", "unexpected argument 'type'");
  for (const name of attributes.keys()) {
    if (!gitArguments.has(name)) throw new EvaluationError("other", `unsupported argument '${name}' to 'fetchGit'`);
  }
  if (!attributes.has("url")) throw new EvaluationError("other", "input attribute 'url' is missing");
  attributes.set("type", "git");
  attributes.set("url", fixGitUrl(String(attributes.get("url"))));
  if (!attributes.has("exportIgnore")) attributes.set("exportIgnore", attributes.get("submodules") !== true);
  requireLocked(evaluation, attributes, "fetchGit");
  return showSource(new TreeFetcher(evaluation, attributes).fetch(), attributes, { zeroRevision: true });
}

function fetchMercurial(evaluation: Evaluation, lazy: Lazy): Value {
  const attributes = setOrUrl(evaluation, force(lazy), "fetchMercurial");
  for (const name of attributes.keys()) {
    if (!["url", "rev", "name"].includes(name)) {
      throw new EvaluationError("other", `unsupported argument '${name}' to 'fetchMercurial'`);
    }
  }
  if (!attributes.has("url")) throw new EvaluationError("other", "'url' argument required");
  if (evaluation.options.pure === true && !attributes.has("rev")) {
    throw new EvaluationError("other", "in pure evaluation mode, 'fetchMercurial' requires a Mercurial revision");
  }
  attributes.set("type", "hg");
  const { storePath, branch, rev = noRevision, revCount } = new TreeFetcher(evaluation, attributes).fetch();
  const names = ["outPath", "rev", "shortRev"];
  const values: Lazy[] = [new ContextString(storePath, new Set([storePath])), rev, rev.slice(0, 12)];
  for (const [name, member] of Object.entries({ branch, revCount })) {
    if (member === undefined) continue;
    names.push(name);
    values.push(member);
  }
  return attrsFromPairs(names, values);
}

export function fetchTreeBuiltins(evaluation: Evaluation): readonly Builtin[] {
  const trees = [builtin("fetchTree", "s", (input = null) => fetchTree(evaluation, input), true)];
  return [
    builtin("fetchGit", "s", (options = null) => fetchGit(evaluation, options), true),
    builtin("fetchMercurial", "s", (options = null) => fetchMercurial(evaluation, options), true),
    // As in Nix, what is behind a feature is not even there without it.
    ...(evaluation.hasFeature("fetch-tree") ? trees : []),
  ];
}
