/** The search path of `<..>`: what `-I` gives, then NIX_PATH; after both, `<nix/..>`, which comes with the evaluator. */
import { fileURLToPath } from "node:url";
import { canonicalPath } from "../syntax/canonical-path.ts";

export interface SearchPathEntry {
  readonly prefix: string;
  readonly path: string;
}

/** `nixpkgs=/path` or `/path`; relative paths start at `folder`. */
export function parseSearchPathEntry(text: string, folder: string): SearchPathEntry {
  const equals = text.indexOf("=");
  const prefix = equals < 0 ? "" : text.slice(0, equals);
  const path = text.slice(equals + 1);
  return { prefix, path: isUrl(path) ? path : canonicalPath(path, folder) };
}

function isUrl(text: string): boolean {
  return /^(?:[a-z][a-z0-9+.-]*:\/\/|channel:|flake:)/.test(text);
}

/** Splits NIX_PATH at the colons that are not part of a URL, `channel:x` or `flake:x`. */
export function splitNixPath(text: string): string[] {
  return text.split(/(?<!(?:^|[=:])(?:channel|flake)):(?!\/\/)/).filter((entry) => entry !== "");
}

/** The folder of `<nix/fetchurl.nix>`. */
export const ownFiles: string = fileURLToPath(new URL("corepkgs", import.meta.url));

export function makeSearchPath(entries: readonly string[], nixPath: string, folder: string): SearchPathEntry[] {
  return [...entries, ...splitNixPath(nixPath)].map((entry) => parseSearchPathEntry(entry, folder));
}
