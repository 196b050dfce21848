/**
 * Where parsed files are kept: `$XDG_CACHE_HOME/firn/parsed`, else `~/.cache/firn/parsed`. They depend on no store. Off with
 * `FIRN_PARSE_CACHE=0`. May be deleted at any time.
 */
import { hash } from "node:crypto";
import { lstatSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { TreeCache } from "./tree-cache.ts";

/** Null when it is turned off. */
export function treeCacheFolder(environment: Readonly<Record<string, string | undefined>>): string | null {
  if (environment["FIRN_PARSE_CACHE"] === "0") return null;
  return join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "firn", "parsed");
}

/** @param dependsOn what else a tree depends on: the names of globals, the features of the syntax */
export function openTreeCache(folder: string, dependsOn: readonly string[]): TreeCache {
  const version = hash("sha256", [formatVersion, ...programParts(), ...dependsOn].join("\n")).slice(0, 16);
  return new TreeCache({ folder, version });
}

const formatVersion = "1";

/** Changes whenever the program does that makes the trees. */
function programParts(): string[] {
  const syntax = join(import.meta.dirname, "..", "syntax");
  const files = readdirSync(syntax).map((name) => join(syntax, name));
  files.push(join(import.meta.dirname, "..", "compile", "resolve.ts"), join(import.meta.dirname, "tree-entry.ts"));
  return files.map((file) => {
    const { size, mtimeMs } = lstatSync(file);
    return `${file} ${size} ${mtimeMs}`;
  });
}
