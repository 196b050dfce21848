/**
 * The world of a pure or restricted evaluation: files below the allowed paths, and what the evaluation itself put into the
 * store. Symlinks are followed before judging, so none leads out. Wraps another {@link EvalIo}.
 */
import { toStorePath } from "#store/formats/store-path.ts";
import {
  type DerivationRequest,
  type EvalIo,
  EvalIoError,
  type FetchedSource,
  type FetchRequest,
  type FileIdentity,
  type FileType,
  type InstantiatedDerivation,
  type RealisedOutput,
  type SourceRequest,
  type StoredDerivation,
} from "../io.ts";
import { resolveChannel } from "../text/channel-url.ts";

export interface Restrictions {
  /** Pure evaluation: not even the search path is allowed, and errors name that mode. */
  readonly pure: boolean;
  readonly allowedUris: readonly string[];
}

const maxLinks = 1024;

export class RestrictedIo implements EvalIo {
  readonly #inner: EvalIo;
  readonly #restrictions: Restrictions;
  readonly #allowed: Set<string>;

  constructor(inner: EvalIo, restrictions: Restrictions) {
    this.#inner = inner;
    this.#restrictions = restrictions;
    this.#allowed = new Set([inner.ownFiles]);
    for (const { path } of this.searchPath) this.#allowed.add(path);
  }

  get storeDir(): string {
    return this.#inner.storeDir;
  }

  get ownFiles(): string {
    return this.#inner.ownFiles;
  }

  get currentSystem(): string {
    return this.#inner.currentSystem;
  }

  get searchPath(): EvalIo["searchPath"] {
    return this.#restrictions.pure ? [] : this.#inner.searchPath;
  }

  getEnv(): string {
    return "";
  }

  readFile(path: string): string {
    this.#check(path);
    return this.#inner.readFile(path);
  }

  identify(path: string): FileIdentity | null {
    this.#check(path);
    return this.#inner.identify(path);
  }

  readDir(path: string): ReadonlyMap<string, FileType> {
    this.#check(path);
    return this.#inner.readDir(path);
  }

  fileType(path: string): FileType | null {
    this.#checkParents(path);
    return this.#inner.fileType(path);
  }

  realPath(path: string): string {
    this.#check(path);
    return this.#inner.realPath(path);
  }

  addText(name: string, contents: string, references: readonly string[]): string {
    return this.#allow(this.#inner.addText(name, contents, references));
  }

  addSource(request: SourceRequest): string {
    // A path with its hash is fixed, wherever it comes from.
    if (request.sha256 === null) this.#check(request.path);
    return this.#allow(this.#inner.addSource(request));
  }

  instantiate(request: DerivationRequest): InstantiatedDerivation {
    const made = this.#inner.instantiate(request);
    this.#allow(made.drvPath);
    return made;
  }

  readDerivation(drvPath: string): StoredDerivation | null {
    this.#check(drvPath);
    return this.#inner.readDerivation(drvPath);
  }

  realise(requests: Parameters<EvalIo["realise"]>[0]): readonly RealisedOutput[] {
    const outputs = this.#inner.realise(requests);
    for (const { closure } of outputs) for (const path of closure()) this.#allow(path);
    return outputs;
  }

  fetch(request: FetchRequest): FetchedSource {
    this.#checkFetch(request);
    const source = this.#inner.fetch(request);
    this.#allow(source.storePath);
    return source;
  }

  referencesOf(path: string): readonly string[] {
    return this.#inner.referencesOf(path);
  }

  isValidStorePath(path: string): boolean {
    return this.#inner.isValidStorePath(path);
  }

  currentTimeS(): number {
    return this.#inner.currentTimeS();
  }

  log(line: string): void {
    this.#inner.log(line);
  }

  #allow(path: string): string {
    this.#allowed.add(path);
    return path;
  }

  #checkFetch(request: FetchRequest): void {
    if (request.type !== "path") {
      // Pure evaluation fetches only what is named by its hash, from anywhere.
      if (!this.#restrictions.pure) this.#checkUri(request.type === "closure" ? request.cacheUrl : request.url);
    } else if (!this.#restrictions.pure || request.narHash === null) this.#check(request.path);
  }

  #checkUri(uri: string): void {
    if (this.#restrictions.allowedUris.some((prefix) => isPartOf(uri, prefix))) return;
    if (this.searchPath.some(({ path }) => resolveChannel(path) === uri)) return;
    const file = /^(?:file:\/\/)?(\/.*)$/.exec(uri)?.[1];
    if (file === undefined) {
      throw new EvalIoError("denied", `access to URI '${uri}' is forbidden in restricted mode`, {
        hint: "allow it with --option allowed-uris",
      });
    }
    this.#check(file);
  }

  /** @throws EvalIoError `denied` unless the path, and where it leads, is allowed */
  #check(path: string): void {
    let place = path;
    for (let links = 0; links < maxLinks; links++) {
      this.#checkParents(place);
      if (this.#inner.fileType(place) !== "symlink") return;
      const real = this.#inner.realPath(place);
      if (!this.#isAllowed(real)) throw this.#denied("canonical path", real);
      place = real;
    }
  }

  /** As {@link #check}, but a symlink at the end is not followed. */
  #checkParents(path: string): void {
    if (!this.#isAllowed(path)) throw this.#denied("absolute path", path);
    const slash = path.lastIndexOf("/");
    if (slash <= 0 || this.#allowed.has(path)) return;
    const parent = this.#inner.fileType(path.slice(0, slash)) === null ? null : path.slice(0, slash);
    if (parent === null) return;
    const real = this.#inner.realPath(parent);
    if (real !== parent && !this.#isAllowed(real + path.slice(slash))) {
      throw this.#denied("canonical path", real + path.slice(slash));
    }
  }

  #isAllowed(path: string): boolean {
    for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
      if (this.#allowed.has(path.slice(0, end))) return true;
    }
    return false;
  }

  #denied(what: string, path: string): EvalIoError {
    const mode = this.#restrictions.pure
      ? "in pure evaluation mode (use '--impure' to override)"
      : "in restricted mode";
    const inStore = toStorePath(path, this.storeDir) !== null;
    return new EvalIoError("denied", `access to ${what} '${path}' is forbidden ${mode}`, {
      ...(inStore ? { hint: "only store paths that this evaluation made or fetched may be read" } : {}),
    });
  }
}

/** As Nix takes `allowed-uris`: the whole, a folder, or a scheme. */
function isPartOf(uri: string, prefix: string): boolean {
  if (uri === prefix || prefix === "") return uri === prefix;
  if (!uri.startsWith(prefix)) return false;
  if (prefix.endsWith("/") || prefix.endsWith(":")) return true;
  return uri[prefix.length] === "/";
}
