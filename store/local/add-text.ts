/** Adds files whose whole contents are at hand: `builtins.toFile` and `.drv` files. */
import { serializeDerivation } from "../formats/derivation.ts";
import { derivationReferences } from "../formats/derivation-hash.ts";
import type { Derivation } from "../formats/derivation-type.ts";
import { formatHash, hashBytes, hashHex } from "../formats/hash.ts";
import { NAR_CLOSE, NAR_HEADER, NAR_REGULAR, narString } from "../formats/nar-tokens.ts";
import { makeTextPath } from "../formats/store-path.ts";
import { bytesOf, compareBytes } from "../std/byte-string.ts";
import { writeCanonicalFile } from "./add-batch.ts";
import { publish } from "./publish.ts";
import type { StoreContext } from "./store-context.ts";

/** Returns the path of the text; writes nothing when it is valid. */
export function addText(
  context: StoreContext,
  name: string,
  contents: string,
  references: readonly string[],
  derivation: Derivation | null = null,
): string {
  const sorted = [...new Set(references)].sort(compareBytes);
  const path = makeTextPath(name, contents, sorted, context.layout.storeDir);
  context.tempRoots.add(path);
  if (context.database.idOf(path) !== null) return path;
  const nar = Buffer.concat([NAR_HEADER, NAR_REGULAR, narString(contents), NAR_CLOSE]);
  const info = {
    path,
    narHash: `sha256:${hashHex("sha256", nar)}`,
    narSizeBytes: nar.length,
    references: sorted,
    ca: `text:${formatHash(hashBytes("sha256", contents), "base32")}`,
  };
  publish(context, info, (physical) => writeCanonicalFile(physical, bytesOf(contents)), derivation);
  return path;
}

/** Adds `<name>.drv`. */
export function addDerivation(context: StoreContext, name: string, derivation: Derivation): string {
  const text = serializeDerivation(derivation);
  return addText(context, `${name}.drv`, text, derivationReferences(derivation), derivation);
}
