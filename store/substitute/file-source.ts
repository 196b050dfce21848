/** A binary cache in a folder of this machine. */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { join, normalize } from "node:path";
import { systemErrorCode } from "../std/system-error.ts";
import { type CacheSource, CacheTrouble } from "./cache-source.ts";

const PIECE_BYTES = 256 * 1024;

export class FileSource implements CacheSource {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(path: string, { maxBytes }: { readonly maxBytes: number }): Promise<Buffer | null> {
    try {
      await using file = await open(this.#inside(path), "r");
      const { size } = await file.stat();
      if (size > maxBytes) throw new CacheTrouble("final", `'${path}' is larger than ${maxBytes} bytes`);
      return await file.readFile();
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return null;
      throw asTrouble(error);
    }
  }

  async *stream(
    path: string,
    { maxBytes }: { readonly maxBytes: number },
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let done = 0;
    const file = createReadStream(this.#inside(path), { highWaterMark: PIECE_BYTES });
    try {
      for await (const piece of file) {
        done += piece.length;
        if (done > maxBytes) throw new CacheTrouble("final", `'${path}' is larger than announced`);
        yield piece;
      }
    } catch (error) {
      throw asTrouble(error);
    } finally {
      file.destroy();
    }
  }

  #inside(path: string): string {
    const inner = normalize(path);
    if (inner.startsWith("..") || inner.startsWith("/") || path.includes("\0")) {
      throw new CacheTrouble("final", `'${path}' is not a file of the cache`);
    }
    return join(this.#folder, inner);
  }

  close(): void {}
}

function asTrouble(error: unknown): CacheTrouble {
  if (error instanceof CacheTrouble) return error;
  const kind = systemErrorCode(error) === "ENOENT" ? "gone" : "final";
  return new CacheTrouble(kind, error instanceof Error ? error.message : String(error), { cause: error });
}
