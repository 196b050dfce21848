/*
 * `npm run seeds -- update [--system x86_64-linux]`: pins the Debian packages that the distro is made of.
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { AppError, isAppError } from "#store/std/app-error.ts";
import { writeNodeLock } from "./node-lock.ts";
import { updateSeeds } from "./update-seeds.ts";

const SEEDS_FOLDER = fileURLToPath(new URL("../../distro/seeds", import.meta.url));
const TOOLCHAIN_LOCK = fileURLToPath(new URL("../toolchain/package-lock.json", import.meta.url));

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { system: { type: "string", default: "x86_64-linux" } },
    allowPositionals: true,
  });
  if (positionals.length !== 1 || positionals[0] !== "update") {
    throw new AppError("USAGE", "Run seeds: expected 'update [--system <system>]'", { exitCode: 2 });
  }
  const { path, packageCount, sizeBytes, changed } = await updateSeeds(SEEDS_FOLDER, values.system);
  await writeNodeLock(join(SEEDS_FOLDER, "nodejs.json"), TOOLCHAIN_LOCK);
  const sizeMib = Math.round(sizeBytes / 2 ** 20);
  process.stdout.write(`${changed ? "Wrote" : "Unchanged:"} ${path}: ${packageCount} packages, ${sizeMib} MiB\n`);
}

main().catch((error: unknown) => {
  if (!isAppError(error)) throw error;
  const lines = [`error: ${error.message}`, error.details, error.hint && `hint: ${error.hint}`];
  process.stderr.write(`${lines.filter(Boolean).join("\n")}\n`);
  process.exitCode = error.exitCode;
});
