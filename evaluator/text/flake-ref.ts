/**
 * Flake references in their two forms: as a URL, `github:owner/repo/ref?dir=lib`, and as attributes, `{ type = "github"; .. }`.
 * Text is byte strings. Source: Nix manual, "Flake references".
 */

export type RefAttribute = string | number | boolean;
/** Sorted by name where it is printed; `type` tells the kind, `dir` is the folder of the flake in the tree. */
export type RefAttributes = ReadonlyMap<string, RefAttribute>;

export class FlakeRefError extends Error {}

interface ParsedUrl {
  readonly text: string;
  readonly scheme: string;
  readonly authority: string | null;
  /** Decoded. */
  readonly path: string;
  readonly query: Map<string, string>;
}

const idPattern = "[a-zA-Z][a-zA-Z0-9_-]*";
const revPattern = "[0-9a-fA-F]{40}";
const refPattern = "[a-zA-Z0-9@][a-zA-Z0-9_./@+-]*";
const flakeId = new RegExp(`^${idPattern}(?:/(?:${revPattern}|${refPattern}(?:/${revPattern})?))?$`);
const revision = new RegExp(`^${revPattern}$`);
const reference = new RegExp(`^${refPattern}$`);
const urlForm = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/;
const hosts: ReadonlySet<string> = new Set(["github", "gitlab", "sourcehut"]);

/** @throws FlakeRefError */
export function parseFlakeRef(text: string): RefAttributes {
  if (flakeId.test(text)) return indirect(text.split("/"), text);
  const url = parseUrl(text);
  if (url !== null) return withFolder(url, attributesOf(url));
  const [, path = "", query = "", fragment] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text) ?? [];
  if (fragment !== undefined && fragment !== "") throw unexpectedFragment(fragment, text);
  if (!path.startsWith("/")) throw new FlakeRefError(`flake reference '${text}' is not an absolute path`);
  const parsed = { text, scheme: "path", authority: null, path, query: parseQuery(query) };
  return withFolder(parsed, attributesOf(parsed));
}

function unexpectedFragment(fragment: string, text: string): FlakeRefError {
  return new FlakeRefError(`unexpected fragment '${fragment}' in flake reference '${text}'`);
}

function parseUrl(text: string): ParsedUrl | null {
  const match = urlForm.exec(text);
  if (match === null) return null;
  const [, scheme = "", authority, path = "", query = "", fragment = ""] = match;
  if (fragment !== "") throw unexpectedFragment(decode(fragment), text);
  return {
    text,
    scheme: scheme.toLowerCase(),
    authority: authority ?? null,
    path: decode(path),
    query: parseQuery(query),
  };
}

function parseQuery(text: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const part of text.split("&")) {
    const equals = part.indexOf("=");
    if (equals > 0) query.set(decode(part.slice(0, equals)), decode(part.slice(equals + 1)));
  }
  return query;
}

function decode(text: string): string {
  return text.replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** All bytes but letters, digits, `-._~` and those of `keep` as `%XX`. */
function encode(text: string, keep: string): string {
  return text.replaceAll(/[^A-Za-z0-9\-._~]/g, (char) =>
    keep.includes(char) ? char : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

function withFolder({ query }: ParsedUrl, attributes: Map<string, RefAttribute>): RefAttributes {
  const folder = query.get("dir");
  return folder === undefined || folder === "" ? attributes : attributes.set("dir", folder);
}

function attributesOf(url: ParsedUrl): Map<string, RefAttribute> {
  const { scheme } = url;
  const plus = scheme.indexOf("+");
  const application = plus < 0 ? null : scheme.slice(0, plus);
  if (scheme === "path") return pathAttributes(url);
  if (scheme === "flake")
    return indirect(
      url.path.split("/").filter((part) => part !== ""),
      url.text,
    );
  if (hosts.has(scheme)) return hostedAttributes(url);
  if (scheme === "git" || application === "git") return repositoryAttributes(url, "git");
  if (application === "hg") return repositoryAttributes(url, "hg");
  if (["http", "https", "file"].includes(scheme.slice(plus + 1))) {
    if (application === null || application === "tarball") return downloadAttributes(url, "tarball");
    if (application === "file") return downloadAttributes(url, "file");
  }
  throw new FlakeRefError(`input '${url.text}' is unsupported`);
}

function indirect(parts: readonly string[], text: string): Map<string, RefAttribute> {
  const [id = "", first, second, ...others] = parts;
  if (others.length > 0) throw new FlakeRefError(`flake URL '${text}' is invalid`);
  if (!new RegExp(`^${idPattern}$`).test(id)) throw new FlakeRefError(`'${id}' is not a valid flake ID`);
  const attributes = new Map<string, RefAttribute>([
    ["type", "indirect"],
    ["id", id],
  ]);
  if (first === undefined) return attributes;
  if (second === undefined && revision.test(first)) return attributes.set("rev", first);
  if (!reference.test(first)) throw new FlakeRefError(`in flake URL '${text}', '${first}' is not a branch/tag name`);
  attributes.set("ref", first);
  if (second === undefined) return attributes;
  if (!revision.test(second)) throw new FlakeRefError(`in flake URL '${text}', '${second}' is not a commit hash`);
  return attributes.set("rev", second);
}

function pathAttributes(url: ParsedUrl): Map<string, RefAttribute> {
  if (url.authority !== null && url.authority !== "") {
    throw new FlakeRefError(`path URL '${url.text}' should not have an authority ('${url.authority}')`);
  }
  const attributes = new Map<string, RefAttribute>([
    ["type", "path"],
    ["path", url.path],
  ]);
  for (const [name, value] of url.query) {
    if (name === "rev" || name === "narHash") attributes.set(name, value);
    else if (name === "revCount" || name === "lastModified") attributes.set(name, integer(url, name, value));
    else if (name !== "dir") throw new FlakeRefError(`path URL '${url.text}' has unsupported parameter '${name}'`);
  }
  return attributes;
}

function integer(url: ParsedUrl, name: string, value: string): number {
  if (/^\d+$/.test(value)) return Number(value);
  throw new FlakeRefError(`path URL '${url.text}' has invalid parameter '${name}'`);
}

function hostedAttributes(url: ParsedUrl): Map<string, RefAttribute> {
  const [owner, repo, ...rest] = url.path.split("/").filter((part) => part !== "");
  if (owner === undefined || repo === undefined) throw new FlakeRefError(`URL '${url.text}' is invalid`);
  const attributes = new Map<string, RefAttribute>([
    ["type", url.scheme],
    ["owner", owner],
    ["repo", repo],
  ]);
  const place = rest.join("/");
  if (place !== "") attributes.set(revision.test(place) ? "rev" : "ref", place);
  for (const [name, value] of url.query) {
    if (name === "dir") continue;
    if (!["rev", "ref", "host", "narHash"].includes(name)) {
      throw new FlakeRefError(`URL '${url.text}' contains unknown parameter '${name}'`);
    }
    if (attributes.has(name)) {
      const what = name === "rev" ? "commit hashes" : "branch/tag names";
      throw new FlakeRefError(`URL '${url.text}' contains multiple ${what}`);
    }
    attributes.set(name, value);
  }
  if (attributes.has("ref") && attributes.has("rev")) {
    throw new FlakeRefError(`URL '${url.text}' contains both a commit hash and a branch/tag name`);
  }
  return attributes;
}

const gitFlags: ReadonlySet<string> = new Set([
  "shallow",
  "submodules",
  "lfs",
  "exportIgnore",
  "allRefs",
  "verifyCommit",
]);

function repositoryAttributes(url: ParsedUrl, type: "git" | "hg"): Map<string, RefAttribute> {
  const attributes = new Map<string, RefAttribute>([["type", type]]);
  const rest = new Map<string, string>();
  for (const [name, value] of url.query) {
    if (name === "rev" || name === "ref") attributes.set(name, value);
    else if (type === "git" && gitFlags.has(name)) attributes.set(name, value === "1");
    else if (name !== "dir") rest.set(name, value);
  }
  return attributes.set("url", printUrl({ ...url, scheme: url.scheme.replace(/^(?:git|hg)\+/, ""), query: rest }));
}

const downloadNumbers: ReadonlySet<string> = new Set(["revCount", "lastModified"]);

function downloadAttributes(url: ParsedUrl, type: "tarball" | "file"): Map<string, RefAttribute> {
  const attributes = new Map<string, RefAttribute>([["type", type]]);
  const rest = new Map<string, string>();
  for (const [name, value] of url.query) {
    if (name === "narHash" || name === "rev") attributes.set(name, value);
    else if (downloadNumbers.has(name) && /^\d+$/.test(value)) attributes.set(name, Number(value));
    else if (name !== "dir") rest.set(name, value);
  }
  return attributes.set("url", printUrl({ ...url, scheme: url.scheme.replace(/^.*\+/, ""), query: rest }));
}

function printUrl({ scheme, authority, path, query }: Omit<ParsedUrl, "text">): string {
  const place = authority === null ? "" : `//${authority}`;
  const names = [...query.keys()].sort();
  const pairs = names.map((name) => `${encode(name, ":@/?")}=${encode(query.get(name) ?? "", ":@/?")}`);
  return `${scheme}:${place}${encode(path, "/:@")}${pairs.length === 0 ? "" : `?${pairs.join("&")}`}`;
}

/** @throws FlakeRefError */
export function printFlakeRef(attributes: RefAttributes): string {
  const url = urlOf(attributes);
  const folder = attributes.get("dir");
  if (typeof folder === "string" && folder !== "") url.query.set("dir", folder);
  return printUrl(url);
}

function text(attributes: RefAttributes, name: string): string {
  const value = attributes.get(name);
  if (typeof value === "string") return value;
  throw new FlakeRefError(
    value === undefined ? `input attribute '${name}' is missing` : `input attribute '${name}' is not a string`,
  );
}

function urlOf(attributes: RefAttributes): ParsedUrl {
  const type = text(attributes, "type");
  if (hosts.has(type)) return hostedUrl(attributes, type);
  switch (type) {
    case "path":
      return pathUrl(attributes);
    case "indirect":
      return placeUrl("flake", [text(attributes, "id")], attributes);
    case "git":
    case "hg":
      return repositoryUrl(attributes, type);
    case "tarball":
    case "file":
      return downloadUrl(attributes);
    default:
      throw new FlakeRefError(`input type '${type}' is unsupported`);
  }
}

function placeUrl(scheme: string, start: readonly string[], attributes: RefAttributes): ParsedUrl {
  const parts = [...start];
  for (const name of ["ref", "rev"]) if (attributes.has(name)) parts.push(text(attributes, name));
  return { text: "", scheme, authority: null, path: parts.join("/"), query: new Map() };
}

function hostedUrl(attributes: RefAttributes, type: string): ParsedUrl {
  const url = placeUrl(type, [text(attributes, "owner"), text(attributes, "repo")], attributes);
  for (const name of ["narHash", "host"]) if (attributes.has(name)) url.query.set(name, text(attributes, name));
  return url;
}

function pathUrl(attributes: RefAttributes): ParsedUrl {
  const query = new Map<string, string>();
  for (const [name, value] of attributes) {
    if (name !== "type" && name !== "path" && name !== "dir") query.set(name, value === true ? "1" : String(value));
  }
  return { text: "", scheme: "path", authority: null, path: text(attributes, "path"), query };
}

function repositoryUrl(attributes: RefAttributes, type: "git" | "hg"): ParsedUrl {
  const url = parseStored(attributes);
  for (const name of ["rev", "ref"]) if (attributes.has(name)) url.query.set(name, text(attributes, name));
  for (const name of gitFlags) if (attributes.get(name) === true) url.query.set(name, "1");
  return { ...url, scheme: url.scheme === type ? type : `${type}+${url.scheme}` };
}

function downloadUrl(attributes: RefAttributes): ParsedUrl {
  const url = parseStored(attributes);
  if (attributes.has("narHash")) url.query.set("narHash", text(attributes, "narHash"));
  return url;
}

function parseStored(attributes: RefAttributes): ParsedUrl {
  const stored = text(attributes, "url");
  const url = parseUrl(stored);
  if (url === null) throw new FlakeRefError(`'${stored}' is not a valid URL`);
  return url;
}
