/** A binary cache to write to, as a user names it: a folder, or `file:///FOLDER?compression=xz&secret-key=FILE`. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { LocalStore, NarCompression } from "#store/api.ts";
import { AppError } from "#store/std/app-error.ts";
import { formatSize, say } from "./output/terminal.ts";

const COMPRESSIONS: ReadonlyMap<string, NarCompression> = new Map([
  ["none", "none"],
  ["zstd", "zstd"],
  ["gzip", "gzip"],
  ["xz", "xz"],
]);

export interface CacheTarget {
  readonly folder: string;
  readonly compression: NarCompression;
  readonly signingKey: string | null;
}

/** Null when it names no cache but a store. @throws AppError `CLI_USAGE`, `STORE_UNSUPPORTED` */
export function cacheTarget(
  text: string,
  given: { readonly compression?: string | undefined; readonly secretKey?: string | undefined },
): CacheTarget | null {
  if (/^https?:/.test(text)) {
    throw new AppError("STORE_UNSUPPORTED", `Cannot write to '${text}': caches are written as folders`, {
      hint: "Write to a folder (file:///FOLDER) and serve that, or run 'firn cache serve' on the store",
    });
  }
  const url = text.startsWith("file:") ? URL.parse(text) : null;
  if (url === null) return null;
  const secretKey = given.secretKey ?? url.searchParams.get("secret-key");
  return {
    folder: fileURLToPath(`file://${url.pathname}`),
    compression: compressionOf(given.compression ?? url.searchParams.get("compression") ?? "zstd"),
    signingKey: secretKey === null ? null : readSecretKey(secretKey),
  };
}

function compressionOf(name: string): NarCompression {
  const compression = COMPRESSIONS.get(name);
  if (compression !== undefined) return compression;
  throw new AppError("CLI_USAGE", `There is no compression '${name}'`, {
    exitCode: 2,
    hint: `there are: ${[...COMPRESSIONS.keys()].join(", ")}`,
  });
}

/** @throws AppError `CLI_NO_FILE` */
export function readSecretKey(file: string): string {
  try {
    return readFileSync(resolve(file), "utf8").trim();
  } catch (cause) {
    throw new AppError("CLI_NO_FILE", `Cannot read the secret key '${file}'`, {
      cause,
      hint: "make one with 'nix-store --generate-binary-cache-key NAME SECRET-FILE PUBLIC-FILE'",
    });
  }
}

/** Writes the closure; says what it did. */
export async function fillCache(store: LocalStore, paths: readonly string[], target: CacheTarget): Promise<void> {
  const { exportBinaryCache } = await import("#store/api.ts");
  const { folder, compression, signingKey } = target;
  const options = { compression, ...(signingKey === null ? {} : { signingKey }) };
  const { addedPaths, keptPaths, addedBytes } = await exportBinaryCache(store, paths, folder, options);
  say(`${addedPaths.length} paths added (${formatSize(addedBytes)}), ${keptPaths.length} were there already`);
}
