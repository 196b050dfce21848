/** What can be asked of an evaluation, and the answers: plain data that crosses the worker's border. */

export type EvaluationSource =
  | { readonly type: "file"; readonly path: string }
  /** Relative paths in the text start at `folder`. */
  | { readonly type: "text"; readonly text: string; readonly folder: string };

/** An argument for functions that are called on the way (`--arg`, `--argstr`). */
export type AutoArgument =
  | { readonly type: "expression"; readonly text: string }
  | { readonly type: "string"; readonly text: string };

export type OutputMode =
  /**
   * The value as text; `nix` and `xml` show what is not computed as such unless `strict`; `json` is always strict.
   * `locations` (true unless told): XML says where things are defined. `pretty` is for people, over several lines.
   * `apply`: an expression of a function that is called with the value first.
   */
  | {
      readonly type: "value";
      readonly format: "nix" | "json" | "xml" | "raw" | "pretty";
      readonly strict: boolean;
      readonly locations?: boolean;
      readonly apply?: string;
      readonly width?: number;
      readonly color?: boolean;
    }
  /** The derivations in the value, with the named attributes of each as JSON (`meta`, `tests`..). */
  | { readonly type: "instantiate"; readonly select?: readonly string[] }
  /** The jobs of a release file, as Hydra finds them: every derivation at any depth; one that fails does not end the rest. */
  | { readonly type: "jobs"; readonly select?: readonly string[] }
  /** Only parse, and only find `<name>`. */
  | { readonly type: "parse" }
  | { readonly type: "find-file"; readonly name: string };

/** What an evaluation may see and use, by the names of `nix.conf`. */
export interface EvaluationSettings {
  /** The result depends on nothing but the expression and what is fetched by hash. */
  readonly pureEval: boolean;
  /** Only what the search path holds may be read, and only what {@link allowedUris} start with may be fetched. */
  readonly restrictEval: boolean;
  readonly allowedUris: readonly string[];
  /** `flakes`, `fetch-tree`, `pipe-operators`, `ca-derivations`.. */
  readonly experimentalFeatures: readonly string[];
  /** `builtins.traceVerbose` shows its text. */
  readonly traceVerbose: boolean;
  /** False refuses to build what an expression wants to read. */
  readonly allowImportFromDerivation: boolean;
  /** How long what was fetched without a hash is taken as it is, in seconds. */
  readonly tarballTtlS: number;
  /** Keys, `NAME:BASE64`, whose signatures `fetchClosure` believes. */
  readonly trustedPublicKeys: readonly string[];
  /** False lets `fetchClosure` take what nobody has signed. */
  readonly requireSigs: boolean;
}

export const defaultSettings: EvaluationSettings = {
  pureEval: false,
  restrictEval: false,
  allowedUris: [],
  experimentalFeatures: [],
  traceVerbose: false,
  allowImportFromDerivation: true,
  tarballTtlS: 3600,
  trustedPublicKeys: ["cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY="],
  requireSigs: true,
};

export interface EvaluationRequestData extends EvaluationSettings {
  readonly source: EvaluationSource;
  /** `a.b."c.d".0`; the whole value when empty. */
  readonly attributePath: string;
  readonly autoArgs: Readonly<Record<string, AutoArgument>>;
  /** As `-I` takes them; they come before NIX_PATH. */
  readonly searchPath: readonly string[];
  readonly folder: string;
  /** Physical root of the store. */
  readonly root: string;
  /** Where paths say that the store is; only one that is `/nix/store` can be read or written, paths are computed for any. */
  readonly storeDir: string;
  readonly readOnly: boolean;
  readonly system: string;
  readonly output: OutputMode;
  readonly showTrace: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface EvaluatedDerivation {
  /** Where it was found, `""` for the value itself. */
  readonly attributePath: string;
  readonly name: string;
  readonly drvPath: string;
  /** The output that the value stands for. */
  readonly outputName: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly system: string;
  /** The selected attributes that are there; one that cannot be made JSON is left out. */
  readonly selected: Readonly<Record<string, unknown>>;
}

/** A derivation of a release file; `constituents` are the derivations an aggregate (`_hydraAggregate`) is made of. */
export type EvaluatedJob =
  | (EvaluatedDerivation & { readonly constituents: readonly string[] | null })
  | { readonly attributePath: string; readonly error: ErrorData };

export type EvaluationAnswer =
  | { readonly type: "jobs"; readonly jobs: readonly EvaluatedJob[] }
  | { readonly type: "value"; readonly text: string }
  | { readonly type: "derivations"; readonly derivations: readonly EvaluatedDerivation[] };

/** An error as it crosses the border. */
export interface ErrorData {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly details?: string;
}
