/**
 * The real {@link EvalIo}: files, the environment, and a local store that is opened when something is first written.
 * Read-only, it computes the same paths and writes nothing.
 */
import { createRequire } from "node:module";
import type { Addition, LocalStore } from "#store/api.ts";
import { DerivationHasher, derivationReferences } from "#store/formats/derivation-hash.ts";
import type { Derivation } from "#store/formats/derivation-type.ts";
import { equalHashes, type Hash, hashBytes, parseHash } from "#store/formats/hash.ts";
import { hashTree } from "#store/formats/nar-writer.ts";
import { makeFixedOutputPath, makeTextPath, upstreamPlaceholder } from "#store/formats/store-path.ts";
import { AppError } from "#store/std/app-error.ts";
import { fromByteString, toByteString } from "#store/std/byte-string.ts";
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
import { CapturedNar } from "./captured-nar.ts";
import type { TrustSettings } from "./fetch/fetch-context.ts";
import type { Fetcher } from "./fetch/fetcher.ts";
import { FileView, ioError } from "./file-view.ts";
import { type DerivationClosure, makeDerivation } from "./instantiate.ts";
import { type AdditionSink, PendingWrites } from "./pending-writes.ts";
import { ownFiles, type SearchPathEntry } from "./search-path.ts";

const loadModule = createRequire(import.meta.url);

export interface LocalIoOptions {
  /** The physical root of the store. */
  readonly root: string;
  readonly storeDir: string;
  readonly currentSystem: string;
  readonly readOnly: boolean;
  readonly searchPath: readonly SearchPathEntry[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly openStore: () => LocalStore;
  /** Where additions go; straight into the store unless told. */
  readonly sink?: AdditionSink;
  readonly log: (line: string) => void;
  readonly realise: (requests: Parameters<EvalIo["realise"]>[0]) => void;
  /** How long what was fetched without a hash is taken as it is. */
  readonly tarballTtlS: number;
  readonly trust: TrustSettings;
}

/** Sources up to this size are handed over for writing as they were read. */
const maxCapturedBytes = 4 * 1024 * 1024;

interface KnownPath {
  readonly references: readonly string[];
  /** Of a derivation. */
  readonly outputs: readonly string[];
}

const noReferences: KnownPath = { references: [], outputs: [] };

export class LocalIo implements EvalIo {
  readonly storeDir: string;
  readonly ownFiles: string = ownFiles;
  readonly currentSystem: string;
  readonly searchPath: readonly SearchPathEntry[];
  readonly #options: LocalIoOptions;
  readonly #files: FileView;
  readonly #hasher: DerivationHasher;
  /** What this evaluation made. */
  readonly #known = new Map<string, KnownPath>();
  readonly #writes: PendingWrites;
  #store: LocalStore | null = null;
  #fetcher: Fetcher | null = null;

  constructor(options: LocalIoOptions) {
    this.#options = options;
    this.storeDir = options.storeDir;
    this.currentSystem = options.currentSystem;
    this.searchPath = options.searchPath;
    const prefix = options.root.replace(/\/$/, "");
    this.#files = new FileView(options.storeDir, (path) => {
      this.#writes.settle(path);
      return prefix + path;
    });
    const direct = { send: (batch: readonly Addition[]) => this.#openStore().addAll(batch), wait: () => {} };
    this.#writes = new PendingWrites(options.sink ?? direct, options.storeDir);
    this.#hasher = new DerivationHasher((drvPath) => this.#readDerivation(drvPath), options.storeDir);
  }

  /** All that the evaluation added is in the store when this returns; to be called before its result is used. */
  flush(): void {
    this.#guard(() => this.#writes.flush());
  }

  close(): void {
    this.#store?.close();
    this.#store = null;
  }

  readFile(path: string): string {
    return this.#files.readFile(path);
  }

  identify(path: string): FileIdentity | null {
    return this.#files.identify(path);
  }

  readDir(path: string): ReadonlyMap<string, FileType> {
    return this.#files.readDir(path);
  }

  fileType(path: string): FileType | null {
    return this.#files.fileType(path);
  }

  realPath(path: string): string {
    return this.#files.realPath(path);
  }

  getEnv(name: string): string {
    return toByteString(this.#options.environment[fromByteString(name)] ?? "");
  }

  currentTimeS(): number {
    return Math.floor(Date.now() / 1000);
  }

  log(line: string): void {
    this.#options.log(line);
  }

  realise(requests: Parameters<EvalIo["realise"]>[0]): readonly RealisedOutput[] {
    const store = this.#writableStore("Cannot build during a read-only evaluation");
    this.flush();
    const missing = requests.filter(({ drvPath, outputs }) => !outputsAreValid(store, drvPath, outputs));
    if (missing.length > 0) this.#options.realise(missing);
    return requests.flatMap(({ drvPath, outputs }) => {
      const paths = store.queryDerivationOutputs(drvPath);
      return outputs.flatMap((output) => {
        const path = paths.get(output);
        return path === undefined ? [] : [{ drvPath, output, path, closure: () => store.computeClosure([path]) }];
      });
    });
  }

  isValidStorePath(path: string): boolean {
    if (this.#known.has(path)) return true;
    if (this.#options.readOnly) return this.#files.fileType(path) !== null;
    return this.#openStore().isValidPath(path);
  }

  addText(name: string, contents: string, references: readonly string[]): string {
    return this.#guard(() => {
      const sorted = [...new Set(references)].sort();
      const path = makeTextPath(name, contents, sorted, this.storeDir);
      this.#addKnown(path, { references: sorted, outputs: [] }, () => ({
        type: "text",
        path,
        contents,
        references: sorted,
        outputs: null,
      }));
      return path;
    });
  }

  /** Remembers a path that was made here and has it written, once. */
  #addKnown(path: string, known: KnownPath, addition: () => Addition): void {
    if (this.#known.has(path)) return;
    if (!this.#options.readOnly) {
      for (const reference of known.references) this.#requireValid(path, reference);
      this.#writes.add(addition());
    }
    this.#known.set(path, known);
  }

  /** Told here and not by the store, where the expression that is at fault is no longer known. */
  #requireValid(path: string, reference: string): void {
    if (this.#known.has(reference) || this.#openStore().isValidPath(reference)) return;
    throw new EvalIoError("invalid", `Cannot add '${path}': it refers to '${reference}', which is not valid`);
  }

  addSource(request: SourceRequest): string {
    return this.#guardFiles(request.path, () => {
      const physical = this.#files.physicalPath(request.path);
      const filter = this.#physicalFilter(request, physical);
      const expected = request.sha256 === null ? null : parseHash(request.sha256, "sha256");
      const known = expected === null ? null : this.#expectedPath(request, expected);
      if (known !== null && this.#isPresent(known)) return known;
      if (request.method === "flat") return this.#addFlatSource(request, physical, expected);
      const nar = new CapturedNar(this.#options.readOnly ? 0 : maxCapturedBytes);
      const { hash } = hashTree(physical, filter, (chunk) => nar.write(chunk));
      const path = this.#sourcePath(request, hash, expected);
      const bytes = nar.bytes();
      // What is too large to be handed over is read again, and what changed meanwhile has another path.
      if (bytes === null && !this.#options.readOnly) return this.#addSourceNow(request, physical, filter);
      this.#addKnown(path, noReferences, () => ({ type: "tree", path, nar: bytes ?? new Uint8Array() }));
      return path;
    });
  }

  #addFlatSource(request: SourceRequest, physical: string, expected: Hash | null): string {
    if (expected !== null || this.#options.readOnly) {
      const path = this.#sourcePath(request, hashBytes("sha256", this.#files.readFile(request.path)), expected);
      if (this.#options.readOnly) {
        this.#known.set(path, noReferences);
        return path;
      }
    }
    return this.#addSourceNow(request, physical, null);
  }

  #addSourceNow(
    request: SourceRequest,
    physical: string,
    filter: ((path: string, type: FileType) => boolean) | null,
  ): string {
    const { name, method } = request;
    const path = this.#openStore().addPath(name, physical, { method, ...(filter === null ? {} : { filter }) });
    this.#known.set(path, noReferences);
    return path;
  }

  #physicalFilter(request: SourceRequest, physical: string): ((path: string, type: FileType) => boolean) | null {
    const { filter, path } = request;
    return filter === null ? null : (child, type) => filter(path + child.slice(physical.length), type);
  }

  #expectedPath(request: SourceRequest, hash: Hash): string {
    return makeFixedOutputPath(request.name, request.method, hash, { storeDir: this.storeDir });
  }

  #isPresent(path: string): boolean {
    return !this.#options.readOnly && this.#openStore().isValidPath(path);
  }

  #sourcePath(request: SourceRequest, hash: Hash, expected: Hash | null): string {
    if (expected !== null && !equalHashes(hash, expected)) {
      throw new EvalIoError("invalid", `hash mismatch in the path '${request.path}'`);
    }
    return makeFixedOutputPath(request.name, request.method, hash, { storeDir: this.storeDir });
  }

  instantiate(request: DerivationRequest): InstantiatedDerivation {
    return this.#guard(() => {
      const finished = makeDerivation(request, this.#hasher, (drvPath) => this.#closureOf(drvPath));
      const { derivation, contents } = finished;
      const references = derivationReferences(derivation);
      const drvPath = makeTextPath(`${request.name}.drv`, contents, references, this.storeDir);
      this.#hasher.remember(drvPath, finished);
      const outputs = new Map<string, string>();
      const registered = new Map<string, string>();
      for (const [name, { path }] of derivation.outputs) {
        if (path !== "") registered.set(name, path);
        outputs.set(name, this.#shownPath(drvPath, name, path));
      }
      this.#addKnown(drvPath, { references, outputs: [...outputs.keys()] }, () => ({
        type: "text",
        path: drvPath,
        contents,
        references,
        outputs: registered,
      }));
      return { drvPath, outputs };
    });
  }

  readDerivation(drvPath: string): StoredDerivation | null {
    return this.#guard(() => {
      if (!this.#known.has(drvPath) && !this.#openStore().isValidPath(drvPath)) return null;
      const derivation = this.#readDerivation(drvPath);
      const outputs = new Map<string, string>();
      for (const [name, { path }] of derivation.outputs) outputs.set(name, this.#shownPath(drvPath, name, path));
      return { name: derivation.env.get("name") ?? "", outputs };
    });
  }

  /** What an expression sees of an output: its path, or what stands for it until it is built. */
  #shownPath(drvPath: string, output: string, path: string): string {
    return path === "" ? upstreamPlaceholder(drvPath, output, this.storeDir) : path;
  }

  #readDerivation(drvPath: string): Derivation {
    this.#writes.settle(drvPath);
    return this.#openStore().readDerivation(drvPath);
  }

  #closureOf(start: string): DerivationClosure {
    const paths = new Set([start]);
    for (const path of paths) for (const reference of this.#referencesOf(path)) paths.add(reference);
    return { paths: [...paths], outputsOf: (drvPath) => this.#outputsOf(drvPath) };
  }

  referencesOf(path: string): readonly string[] {
    return this.#guard(() => this.#referencesOf(path));
  }

  #referencesOf(path: string): readonly string[] {
    const known = this.#known.get(path);
    if (known !== undefined) return known.references;
    // Read-only, no store is opened (and made) for what is not there.
    if (this.#options.readOnly && this.#files.fileType(path) === null) return [];
    return this.#openStore().queryPathInfo(path)?.references ?? [];
  }

  #outputsOf(drvPath: string): readonly string[] {
    return this.#known.get(drvPath)?.outputs ?? [...this.#readDerivation(drvPath).outputs.keys()];
  }

  /** Also when read-only: what was fetched has to be somewhere to be read, as in Nix. */
  fetch(request: FetchRequest): FetchedSource {
    this.#fetcher ??= this.#makeFetcher();
    return this.#fetcher.fetch(request);
  }

  #makeFetcher(): Fetcher {
    const { root, environment, log, tarballTtlS, trust } = this.#options;
    // Few evaluations fetch; what it takes to would be a tenth of the time that loading the evaluator takes.
    const module = loadModule("./fetch/fetcher.ts") as typeof import("./fetch/fetcher.ts");
    return new module.Fetcher({ store: this.#openStore(), root, environment, log, trust, ttlS: tarballTtlS });
  }

  #writableStore(message: string): LocalStore {
    if (this.#options.readOnly) throw new EvalIoError("read-only", message);
    return this.#openStore();
  }

  #openStore(): LocalStore {
    this.#store ??= this.#options.openStore();
    return this.#store;
  }

  #guardFiles<T>(path: string, action: () => T): T {
    try {
      return this.#guard(action);
    } catch (error) {
      throw ioError(error, path, "copying");
    }
  }

  /** Errors of the store as errors of the evaluation's world. */
  #guard<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      throw new EvalIoError("other", error.message, {
        cause: error,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      });
    }
  }
}

function outputsAreValid(store: LocalStore, drvPath: string, outputs: readonly string[]): boolean {
  const paths = store.queryDerivationOutputs(drvPath);
  return outputs.every((output) => {
    const path = paths.get(output);
    return path !== undefined && store.isValidPath(path);
  });
}
