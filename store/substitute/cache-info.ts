import { AppError } from "../std/app-error.ts";
import { byteStringOf } from "../std/byte-string.ts";
import { NixSettings } from "../stores/nix-settings.ts";
import { CacheTrouble } from "./cache-source.ts";
import { openSource, patienceOf } from "./substituters.ts";

const MAX_BYTES = 64 * 1024;

/** @throws AppError `STORE_BAD_URL`, `CACHE_NOT_ONE` */
export async function readCacheInfo(url: string): Promise<ReadonlyMap<string, string>> {
  const { source } = openSource(url, patienceOf(new NixSettings()));
  try {
    const limits = { maxBytes: MAX_BYTES, signal: new AbortController().signal };
    const bytes = await source.read("nix-cache-info", limits);
    const text = bytes === null ? "" : byteStringOf(bytes);
    const lines = text.split("\n").filter((line) => line.includes(":"));
    const fields = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
    );
    if (fields.has("StoreDir")) return fields;
    throw notOne(
      url,
      bytes === null ? "it has no 'nix-cache-info'" : "its 'nix-cache-info' names no store folder",
      null,
    );
  } catch (error) {
    throw error instanceof CacheTrouble ? notOne(url, error.message, error) : error;
  } finally {
    source.close();
  }
}

function notOne(url: string, why: string, cause: unknown): AppError {
  return new AppError(
    "CACHE_NOT_ONE",
    `Cannot use '${url}' as a binary cache: ${why}`,
    cause === null ? {} : { cause },
  );
}
