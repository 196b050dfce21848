/** Whose signatures count, and what may do without one. */
import { type PublicKey, parsePublicKey, verifySignature } from "../formats/signature.ts";
import type { NewPathInfo } from "../local/store-interface.ts";
import type { NixSettings } from "./nix-settings.ts";

/** @example new TrustedKeys([parsePublicKey("cache.example.org-1:..")]).haveSigned(info) */
export class TrustedKeys {
  readonly #keys: readonly PublicKey[];
  readonly #isRequired: boolean;

  /** @param options.isRequired false when nothing needs a signature (`require-sigs = false`) */
  constructor(keys: readonly PublicKey[], options: { readonly isRequired?: boolean } = {}) {
    this.#keys = keys;
    this.#isRequired = options.isRequired ?? true;
  }

  /** True when one of the keys signed exactly this, or none has to. */
  haveSigned(info: NewPathInfo): boolean {
    if (!this.#isRequired) return true;
    return (info.signatures ?? []).some((signature) => verifySignature(signature, info, this.#keys));
  }
}

/** The key of cache.nixos.org, which Nix trusts unless told otherwise. */
const DEFAULT_KEY = "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=";

export function trustedKeysOf(settings: NixSettings): TrustedKeys {
  const keys = settings.words("trusted-public-keys", [DEFAULT_KEY]).map(parsePublicKey);
  return new TrustedKeys(keys, { isRequired: settings.boolean("require-sigs", true) });
}
