/**
 * An {@link EvalIo} that notes what an evaluation reads and writes, so that its result can be kept and watched. What cannot
 * be checked later (the time, a download that is not pinned by a hash) makes the result one that is not kept.
 */
import { fromByteString } from "#store/std/byte-string.ts";
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
import { type ReadLog, ReadRecorder } from "./results/read-log.ts";

export interface RecordingOptions {
  /** Physical root of the store. */
  readonly root: string;
  readonly readOnly: boolean;
}

/** More than that is a program's output, not a warning; it is not kept. */
const maxLogLines = 1000;

export class RecordingIo implements EvalIo {
  readonly #inner: EvalIo;
  readonly #options: RecordingOptions;
  readonly #storePrefix: string;
  readonly #recorder = new ReadRecorder();
  readonly #log: string[] = [];

  constructor(inner: EvalIo, options: RecordingOptions) {
    this.#inner = inner;
    this.#options = options;
    this.#storePrefix = `${inner.storeDir}/`;
  }

  /** What was read, and the lines that were printed; null when the result must not be kept. */
  finish(): { readonly reads: ReadLog; readonly log: readonly string[] } | null {
    if (!this.#recorder.isComplete) return null;
    return { reads: this.#recorder.finish(), log: this.#log };
  }

  /** What was read, also when it is not all; for watching. */
  get reads(): ReadLog {
    return this.#recorder.finish();
  }

  /** See {@link ReadRecorder.sawYoungFile}. */
  get sawYoungFile(): boolean {
    return this.#recorder.sawYoungFile;
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
    return this.#inner.searchPath;
  }

  currentTimeS(): number {
    this.#recorder.giveUp();
    return this.#inner.currentTimeS();
  }

  readFile(path: string): string {
    this.#noteContents(path);
    return this.#orGiveUp(() => this.#inner.readFile(path));
  }

  identify(path: string): FileIdentity | null {
    this.#noteContents(path);
    return this.#orGiveUp(() => this.#inner.identify(path));
  }

  readDir(path: string): ReadonlyMap<string, FileType> {
    this.#noteContents(path);
    return this.#orGiveUp(() => this.#inner.readDir(path));
  }

  fileType(path: string): FileType | null {
    const type = this.#orGiveUp(() => this.#inner.fileType(path));
    const object = this.#storeObject(path);
    if (object === null) this.#recorder.type(path, type);
    else if (type === null) this.#recorder.type(this.#physical(path), null);
    else this.#recorder.object(object);
    return type;
  }

  realPath(path: string): string {
    const real = this.#orGiveUp(() => this.#inner.realPath(path));
    if (this.#storeObject(path) === null) this.#recorder.realPath(path, real);
    else this.#noteContents(path);
    return real;
  }

  getEnv(name: string): string {
    const value = this.#inner.getEnv(name);
    this.#recorder.variable(fromByteString(name), fromByteString(value));
    return value;
  }

  addText(name: string, contents: string, references: readonly string[]): string {
    for (const reference of references) this.#recorder.referredTo(reference);
    return this.#written(this.#inner.addText(name, contents, references));
  }

  addSource(request: SourceRequest): string {
    // What a hash pins is the same whatever the source looks like by now; it only has to be in the store.
    const recorded = request.sha256 !== null && !this.#options.readOnly ? request : this.#recordSource(request);
    return this.#written(this.#orGiveUp(() => this.#inner.addSource(recorded)));
  }

  #recordSource(request: SourceRequest): SourceRequest {
    this.#noteContents(request.path);
    if (this.#inner.fileType(request.path) === "symlink") this.#recorder.link(request.path);
    if (request.method === "flat" || this.#storeObject(request.path) !== null) return request;
    const filter = (path: string, type: FileType): boolean => {
      if (request.filter !== null && !request.filter(path, type)) return false;
      if (type === "symlink") this.#recorder.link(path);
      else this.#recorder.contents(path);
      return true;
    };
    return { ...request, filter };
  }

  instantiate(request: DerivationRequest): InstantiatedDerivation {
    const made = this.#inner.instantiate(request);
    for (const path of request.inputDrvs.keys()) this.#recorder.referredTo(path);
    for (const path of request.inputSrcs) this.#recorder.referredTo(path);
    for (const path of request.wholeDrvs) this.#recorder.referredTo(path);
    this.#written(made.drvPath);
    return made;
  }

  readDerivation(drvPath: string): StoredDerivation | null {
    const derivation = this.#inner.readDerivation(drvPath);
    if (derivation === null) this.#recorder.giveUp();
    else this.#written(drvPath);
    return derivation;
  }

  realise(requests: Parameters<EvalIo["realise"]>[0]): readonly RealisedOutput[] {
    const outputs = this.#inner.realise(requests);
    for (const { path } of outputs) this.#written(path);
    return outputs;
  }

  fetch(request: FetchRequest): FetchedSource {
    if (!isPinned(request)) this.#recorder.giveUp();
    const source = this.#inner.fetch(request);
    this.#recorder.written(source.storePath);
    return source;
  }

  referencesOf(path: string): readonly string[] {
    return this.#inner.referencesOf(path);
  }

  isValidStorePath(path: string): boolean {
    const isValid = this.#inner.isValidStorePath(path);
    if (!isValid) this.#recorder.giveUp();
    else if (this.#options.readOnly) this.#recorder.object(this.#physical(path));
    else this.#recorder.written(path);
    return isValid;
  }

  log(line: string): void {
    if (this.#log.push(fromByteString(line)) > maxLogLines) this.#recorder.giveUp();
    this.#inner.log(line);
  }

  #written(path: string): string {
    if (!this.#options.readOnly) this.#recorder.written(path);
    return path;
  }

  /** Objects of the store never change, so each counts as a whole. */
  #noteContents(path: string): void {
    const object = this.#storeObject(path);
    if (object === null) this.#recorder.contents(path);
    else this.#recorder.object(object);
  }

  /** Where the store object that holds this path is, or null outside of the store. */
  #storeObject(path: string): string | null {
    if (!path.startsWith(this.#storePrefix)) return null;
    const end = path.indexOf("/", this.#storePrefix.length);
    return this.#physical(end < 0 ? path : path.slice(0, end));
  }

  #physical(path: string): string {
    return this.#options.root === "/" ? path : this.#options.root + path;
  }

  /** What could not be read may be readable later, and only that nothing is there has been noted. */
  #orGiveUp<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof EvalIoError) || error.kind !== "not-found") this.#recorder.giveUp();
      throw error;
    }
  }
}

function isPinned(request: FetchRequest): boolean {
  switch (request.type) {
    case "url":
      return request.sha256 !== null;
    case "git":
      return request.narHash !== null || request.rev !== null;
    case "path":
      return request.narHash !== null;
    case "mercurial":
      return false;
    case "closure":
      return request.contentAddressed;
  }
}
