/** An {@link EvalIo} that notes what an evaluation reads, for caches and for watching. */
import type {
  DerivationRequest,
  EvalIo,
  FetchedSource,
  FetchRequest,
  FileType,
  InstantiatedDerivation,
  RealisedOutput,
  SourceRequest,
} from "../io.ts";

/** Everything outside of itself that an evaluation's result depends on. */
export interface EvaluationReads {
  readonly files: ReadonlySet<string>;
  readonly folders: ReadonlySet<string>;
  /** Asked whether they are there, and of what type. */
  readonly probes: ReadonlySet<string>;
  /** Files and folders copied into the store. */
  readonly sources: ReadonlySet<string>;
  readonly variables: ReadonlySet<string>;
}

export class RecordingIo implements EvalIo {
  readonly #inner: EvalIo;
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();
  readonly #probes = new Set<string>();
  readonly #sources = new Set<string>();
  readonly #variables = new Set<string>();

  constructor(inner: EvalIo) {
    this.#inner = inner;
  }

  get reads(): EvaluationReads {
    return {
      files: this.#files,
      folders: this.#folders,
      probes: this.#probes,
      sources: this.#sources,
      variables: this.#variables,
    };
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

  readFile(path: string): string {
    this.#files.add(path);
    return this.#inner.readFile(path);
  }

  readDir(path: string): ReadonlyMap<string, FileType> {
    this.#folders.add(path);
    return this.#inner.readDir(path);
  }

  fileType(path: string): FileType | null {
    this.#probes.add(path);
    return this.#inner.fileType(path);
  }

  realPath(path: string): string {
    this.#probes.add(path);
    return this.#inner.realPath(path);
  }

  getEnv(name: string): string {
    this.#variables.add(name);
    return this.#inner.getEnv(name);
  }

  addText(name: string, contents: string, references: readonly string[]): string {
    return this.#inner.addText(name, contents, references);
  }

  addSource(request: SourceRequest): string {
    this.#sources.add(request.path);
    return this.#inner.addSource(request);
  }

  instantiate(request: DerivationRequest): InstantiatedDerivation {
    return this.#inner.instantiate(request);
  }

  realise(requests: Parameters<EvalIo["realise"]>[0]): readonly RealisedOutput[] {
    return this.#inner.realise(requests);
  }

  fetch(request: FetchRequest): FetchedSource {
    return this.#inner.fetch(request);
  }

  isValidStorePath(path: string): boolean {
    return this.#inner.isValidStorePath(path);
  }

  log(line: string): void {
    this.#inner.log(line);
  }
}
