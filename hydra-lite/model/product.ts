/** A file that a build offers, as a line of `nix-support/hydra-build-products` says. */
export interface Product {
  /** `file`, `doc`, `report`, `nix-build` ... */
  readonly type: string;
  /** `source-dist`, `channel`, `iso` ...; empty when none. */
  readonly subtype: string;
  readonly name: string;
  /** Logical store path. */
  readonly path: string;
  readonly sizeBytes: number | null;
  readonly sha256: string | null;
}
