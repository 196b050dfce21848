/**
 * All that an evaluation asks of the world. Synchronous. Paths and text are byte strings (latin1); paths are absolute and
 * canonical. A failure is thrown as {@link EvalIoError}; the evaluator turns it into an evaluation error with a position.
 */
export interface EvalIo {
  /** Logical store folder, `/nix/store`. */
  readonly storeDir: string;
  /** The folder that `<nix/..>` means. */
  readonly ownFiles: string;
  /** `x86_64-linux`. */
  readonly currentSystem: string;

  readFile(path: string): string;
  /**
   * What tells whether a file is still as it is now, for one that may not have to be read because it was before; counts as
   * reading it. Null when that cannot be told, or reading it is what gives the right error.
   */
  identify(path: string): FileIdentity | null;
  /** Names -> types, unsorted. */
  readDir(path: string): ReadonlyMap<string, FileType>;
  /** Does not follow a final symlink; null when there is nothing. */
  fileType(path: string): FileType | null;
  /** Follows symlinks. */
  realPath(path: string): string;
  getEnv(name: string): string;
  /** Seconds since 1970; whoever asks gets an answer that is not kept. */
  currentTimeS(): number;
  /** Entries of `-I` and NIX_PATH in order; an empty prefix is a folder to search. */
  readonly searchPath: readonly { readonly prefix: string; readonly path: string }[];

  /** Adds a text file (`toFile`); returns its store path. */
  addText(name: string, contents: string, references: readonly string[]): string;
  /** Copies a path into the store (`"${./x}"`, `builtins.path`, `filterSource`). */
  addSource(request: SourceRequest): string;
  /** Computes and (unless read-only) writes a derivation. */
  instantiate(request: DerivationRequest): InstantiatedDerivation;
  /** A derivation in the store; null when the path is none that is valid. */
  readDerivation(drvPath: string): StoredDerivation | null;
  /** Makes these store paths (outputs of derivations) valid: import from derivation. */
  realise(
    requests: readonly { readonly drvPath: string; readonly outputs: readonly string[] }[],
  ): readonly RealisedOutput[];
  /** Brings a file, an archive's tree or a revision into the store. */
  fetch(request: FetchRequest): FetchedSource;
  /** What a store path refers to; nothing when the path is not valid. */
  referencesOf(path: string): readonly string[];
  isValidStorePath(path: string): boolean;
  /** A line of `builtins.trace` or a warning. */
  log(line: string): void;
}

export interface StoredDerivation {
  readonly name: string;
  /** As of {@link InstantiatedDerivation}. */
  readonly outputs: ReadonlyMap<string, string>;
}

export interface RealisedOutput {
  readonly drvPath: string;
  readonly output: string;
  readonly path: string;
  /** All that it refers to, itself included. */
  readonly closure: () => readonly string[];
}

export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  /** When this was asked, before any reading. */
  readonly takenMs: number;
}

export type FileType = "regular" | "directory" | "symlink" | "unknown";

/** What to fetch. Hashes are as the user wrote them, `null` for none: then the world may change under the evaluation. */
export type FetchRequest =
  /** By URL: a file by the hash of its bytes (`fetchurl`) or of its NAR, or an archive's tree without its top folder. */
  | {
      readonly type: "url";
      readonly url: string;
      readonly name: string;
      readonly form: "file" | "file-tree" | "archive";
      readonly sha256: string | null;
    }
  | GitRequest
  | {
      readonly type: "mercurial";
      readonly url: string;
      readonly name: string;
      /** A hash, a branch or a tag. */
      readonly rev: string | null;
    }
  /** A folder of this machine. */
  | { readonly type: "path"; readonly path: string; readonly narHash: string | null }
  /** A store path of a binary cache. */
  | { readonly type: "closure"; readonly cacheUrl: string; readonly path: string; readonly contentAddressed: boolean };

export interface GitRequest {
  readonly type: "git";
  /** `https://`, `ssh://`, `file://`.. without `git+`. */
  readonly url: string;
  readonly name: string;
  readonly ref: string | null;
  readonly rev: string | null;
  readonly submodules: boolean;
  readonly shallow: boolean;
  readonly allRefs: boolean;
  /** Leaves out what `.gitattributes` marks as `export-ignore`. */
  readonly exportIgnore: boolean;
  readonly narHash: string | null;
}

/** What was fetched; what does not apply is absent. */
export interface FetchedSource {
  readonly storePath: string;
  /** SRI. */
  readonly narHash: string;
  readonly rev?: string;
  readonly branch?: string;
  /** Of a work tree with changes: the commit it started from. */
  readonly dirtyRev?: string;
  readonly revCount?: number;
  /** Seconds since 1970. */
  readonly lastModified?: number;
}

export interface SourceRequest {
  readonly path: string;
  readonly name: string;
  readonly method: "flat" | "recursive";
  readonly filter: ((path: string, type: FileType) => boolean) | null;
  /** Expected hash, as the user wrote it; a mismatch is an error. */
  readonly sha256: string | null;
}

/** What `derivationStrict` gathered; the glue computes output paths and the `.drv` from it. */
export interface DerivationRequest {
  readonly name: string;
  readonly platform: string;
  readonly builder: string;
  readonly args: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly outputs: readonly string[];
  /** Input derivations with the outputs used, and plain store paths, from string contexts. */
  readonly inputDrvs: ReadonlyMap<string, ReadonlySet<string>>;
  readonly inputSrcs: ReadonlySet<string>;
  /** Derivations named by their own path (`drvPath` in a string): their whole closure and all its outputs are inputs. */
  readonly wholeDrvs: ReadonlySet<string>;
  /** Present for a fixed output (`outputHash`). */
  readonly fixed: {
    readonly hash: string;
    readonly algorithm: string | null;
    readonly mode: "flat" | "recursive" | "text";
  } | null;
  /** Present when outputs are addressed by what was built (`__contentAddressed`), or built anew each time (`__impure`). */
  readonly floating: {
    readonly algorithm: string | null;
    readonly mode: "flat" | "recursive" | "text";
    readonly impure: boolean;
  } | null;
}

export interface InstantiatedDerivation {
  readonly drvPath: string;
  /** Name -> path, or a placeholder for one that only the build knows. */
  readonly outputs: ReadonlyMap<string, string>;
}

/** `kind` lets the evaluator tell catchable failures from others. */
export class EvalIoError extends Error {
  override readonly name: string = "EvalIoError";
  readonly kind: "not-found" | "not-a-directory" | "denied" | "read-only" | "invalid" | "build-failed" | "other";
  readonly hint: string | undefined;
  constructor(
    kind: EvalIoError["kind"],
    message: string,
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.hint = options.hint;
  }
}
