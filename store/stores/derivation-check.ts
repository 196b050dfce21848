/**
 * A `.drv` file says where its outputs go, and whoever builds it writes there. So a file that comes from somebody else is
 * taken only when its output paths are those that follow from it: otherwise a user could have anything built at the path of
 * a package that others will use. Input derivations are valid, hence checked before.
 */
import { parseDerivation } from "../formats/derivation.ts";
import { DerivationHasher, fixedOutputOf } from "../formats/derivation-hash.ts";
import type { Derivation } from "../formats/derivation-type.ts";
import { type NarHandler, NarReader } from "../formats/nar-reader.ts";
import { makeOutputPath } from "../formats/store-path.ts";
import type { LocalStore } from "../local/store-interface.ts";
import { AppError } from "../std/app-error.ts";
import { byteStringOf } from "../std/byte-string.ts";
import { contentAddressedPath } from "./content-address.ts";

export class DerivationCheck {
  readonly #storeDir: string;
  readonly #hasher: DerivationHasher;

  constructor(store: LocalStore) {
    this.#storeDir = store.storeDir;
    this.#hasher = new DerivationHasher((drvPath) => {
      if (store.isValidPath(drvPath)) return store.readDerivation(drvPath);
      throw new AppError("STORE_INVALID_REFERENCE", `Input derivation '${drvPath}' is not valid`);
    }, store.storeDir);
  }

  /**
   * @param fileName `<name>.drv`
   * @throws AppError `STORE_BAD_DERIVATION`, `STORE_INVALID_REFERENCE`
   */
  check(fileName: string, text: string): void {
    const derivation = parseDerivation(text);
    const name = fileName.slice(0, -".drv".length);
    const pathOf = this.#pathRule(name, derivation);
    for (const [outputName, output] of derivation.outputs) {
      // known only when it is built: nothing is claimed
      if (output.path === "" && output.hashAlgorithm !== "") continue;
      const path = pathOf(outputName);
      if (output.path === path) continue;
      throw new AppError(
        "STORE_BAD_DERIVATION",
        `Derivation '${fileName}' has its output '${outputName}' at '${output.path}', where '${path}' is right`,
      );
    }
  }

  #pathRule(name: string, derivation: Derivation): (outputName: string) => string {
    const fixed = fixedOutputOf(derivation);
    if (fixed !== null) return () => contentAddressedPath(fixed, name, [], this.#storeDir);
    const hash = this.#hasher.maskedHash(derivation);
    return (outputName) => makeOutputPath(outputName, hash, name, this.#storeDir);
  }
}

/** The contents of the one file that a NAR holds. @throws AppError `STORE_BAD_NAR`, `STORE_BAD_DERIVATION` */
export function textOfNar(nar: Uint8Array): string {
  const parts: Buffer[] = [];
  let isFile = false;
  const handler: NarHandler = {
    startFile(name) {
      isFile = name === "";
    },
    fileData: (chunk) => {
      parts.push(Buffer.from(chunk));
    },
    startDirectory() {},
    endDirectory() {},
    endFile() {},
    symlink() {},
  };
  const reader = new NarReader(handler);
  reader.write(nar);
  reader.end();
  if (!isFile) throw new AppError("STORE_BAD_DERIVATION", "A derivation is a file");
  return byteStringOf(Buffer.concat(parts));
}
