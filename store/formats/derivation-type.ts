/** One output of a {@link Derivation}; all fields but `path` are empty for an input-addressed output. */
export interface DerivationOutput {
  readonly path: string;
  /** `sha256`, or `r:sha256` for a recursive (NAR) hash; empty unless fixed-output. */
  readonly hashAlgorithm: string;
  /** Base-16; empty unless fixed-output. */
  readonly hash: string;
}

/**
 * A store derivation, as an ATerm `.drv` file holds it. All text is byte strings (latin1, see ARCHITECTURE.md).
 * Maps are kept sorted by key when serialised, whatever order they are in here.
 */
export interface Derivation {
  readonly outputs: ReadonlyMap<string, DerivationOutput>;
  /** Path of each input derivation -> names of the outputs that are used. */
  readonly inputDrvs: ReadonlyMap<string, readonly string[]>;
  readonly inputSrcs: readonly string[];
  readonly platform: string;
  readonly builder: string;
  readonly args: readonly string[];
  readonly env: ReadonlyMap<string, string>;
}
