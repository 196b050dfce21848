import type { BuiltinBuilder } from "./builtin-builder.ts";
import { buildFetchurl } from "./fetchurl.ts";
import { buildUnpackDeb } from "./unpack-deb.ts";

/** By the name that stands in a derivation's `builder`. */
export const BUILTIN_BUILDERS: ReadonlyMap<string, BuiltinBuilder> = new Map([
  ["builtin:fetchurl", buildFetchurl],
  ["builtin:unpack-deb", buildUnpackDeb],
]);
