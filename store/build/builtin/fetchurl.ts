/**
 * `builtin:fetchurl`, as Nix has it: `url` (or the first of `urls` that works) becomes the output, made executable with
 * `executable`, restored from a NAR (which may be compressed) with `unpack`. The hash is compared when the output is
 * registered, and nothing sees it before.
 */
import { chmodSync, renameSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { createNarRestorer } from "../../formats/nar-restorer.ts";
import { AppError, isAppError } from "../../std/app-error.ts";
import { fromByteString, toByteString } from "../../std/byte-string.ts";
import { isFixedOutput, wordsOf } from "../derivation-traits.ts";
import type { BuiltinTask } from "./builtin-builder.ts";
import { pipeDecompressed } from "./decompress.ts";

export async function buildFetchurl(task: BuiltinTask): Promise<void> {
  const { env } = task.derivation;
  if (!isFixedOutput(task.derivation))
    throw new AppError("STORE_BAD_DERIVATION", "builtin:fetchurl needs an output hash");
  const mustUnpack = env.get("unpack") === "1";
  const filePath = mustUnpack ? join(task.scratchFolder, "download") : task.outputPath;
  await downloadFirst(task, filePath);
  if (mustUnpack) await restoreNar(filePath, task);
  else if (env.get("executable") === "1") chmodSync(filePath, 0o755);
}

async function downloadFirst(task: BuiltinTask, targetPath: string): Promise<void> {
  const { env } = task.derivation;
  const urls = [...new Set([...wordsOf(env.get("url")), ...wordsOf(env.get("urls"))])].map(fromByteString);
  let lastError = new AppError("STORE_BAD_DERIVATION", "builtin:fetchurl needs 'url'");
  for (const url of urls) {
    try {
      const partPath = join(task.scratchFolder, "part");
      await task.downloader.download({
        url,
        targetPath: partPath,
        onProgress: task.onProgress,
        signal: task.signal,
      });
      return renameSync(partPath, targetPath);
    } catch (error) {
      if (!isAppError(error)) throw error;
      lastError = error;
    }
  }
  throw lastError;
}

async function restoreNar(archivePath: string, { outputPath, signal }: BuiltinTask): Promise<void> {
  const restorer = createNarRestorer(toByteString(outputPath));
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        restorer.write(chunk);
        done();
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
  try {
    await pipeDecompressed({ path: archivePath }, sink, signal);
    restorer.end();
  } finally {
    restorer.close();
  }
}
