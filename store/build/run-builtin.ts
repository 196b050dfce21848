/** Runs a builder that is part of Firn, in our own process. */
import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { AppError, isAppError } from "../std/app-error.ts";
import type { BuildWork } from "./build-work.ts";
import type { BuiltinBuilder } from "./builtin/builtin-builder.ts";

/** @throws AppError when it fails; the abort reason when it was cancelled */
export async function runBuiltin(work: BuildWork, builtin: BuiltinBuilder): Promise<void> {
  const { goal, context, folder, deadline } = work;
  const { drvPath, derivation } = goal;
  const scratchFolder = join(folder, "build");
  mkdirSync(scratchFolder);
  try {
    await builtin({
      derivation,
      store: context.store,
      downloader: context.downloader,
      outputPath: join(folder, "store", basename(onlyOutput(work))),
      scratchFolder,
      inputs: work.inputs,
      onProgress: (doneBytes, totalBytes) => {
        deadline.touch();
        context.emit({ type: "progress", drvPath, doneBytes, totalBytes });
      },
      signal: deadline.signal,
    });
  } catch (error) {
    deadline.check(goal.name, "");
    if (isAppError(error)) work.log.write(Buffer.from(`${error.message}\n`));
    throw error;
  }
}

function onlyOutput({ goal }: BuildWork): string {
  const path = goal.derivation.outputs.get("out")?.path;
  if (path !== undefined && goal.derivation.outputs.size === 1) return path;
  throw new AppError("STORE_BAD_DERIVATION", `Builder '${goal.derivation.builder}' makes one output named 'out'`);
}
