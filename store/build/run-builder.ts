/** Runs a derivation's builder program in its sandbox. */
import { chmodSync, lstatSync, mkdirSync, readlinkSync, statfsSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { toStoreError } from "../local/store-errors.ts";
import { AppError } from "../std/app-error.ts";
import { bytesOf, fromByteString } from "../std/byte-string.ts";
import type { BuildWork } from "./build-work.ts";
import { makeBuilderEnvironment } from "./builder-environment.ts";
import { isFixedOutput } from "./derivation-traits.ts";
import { fillPlaceholders } from "./output-placeholders.ts";
import { closureAsJson, exportReferencesGraphs } from "./references-graph.ts";
import { runSandboxed, type SandboxedEnd } from "./sandbox/run-sandboxed.ts";
import { writeSandboxEtc } from "./sandbox/sandbox-etc.ts";
import type { SandboxPlan } from "./sandbox/sandbox-plan.ts";
import { hasUserNamespaces } from "./sandbox/sandbox-problem.ts";
import { wordsAttribute } from "./structured-attributes.ts";

/** A failed build on a disk with less room than this failed for want of room. */
const FULL_DISK_BYTES = 8 * 1024 * 1024;
const KVM_FEATURES: ReadonlySet<string> = new Set(["kvm", "nixos-test"]);

/** @throws AppError when it fails; the abort reason when it was cancelled */
export async function runBuilder(work: BuildWork): Promise<void> {
  const { goal, context, log, deadline } = work;
  const { builder, args } = fillPlaceholders(goal.derivation);
  const end = await runSandboxed({
    plan: makePlan(work),
    program: fromByteString(builder),
    args: args.map(fromByteString),
    pipes: context.pipes,
    onOutput: (chunk) => {
      deadline.touch();
      log.write(chunk);
    },
    signal: deadline.signal,
  });
  log.finishLastLine();
  deadline.check(goal.name, tailOf(work));
  checkEnd(end, work);
}

function makePlan({ goal, context, folder, inputs }: BuildWork): SandboxPlan {
  const derivation = fillPlaceholders(goal.derivation);
  const { store, cores } = context;
  const environment = makeBuilderEnvironment(derivation, {
    storeDir: store.storeDir,
    cores,
    hostEnvironment: process.env,
    describeClosure: (paths) => closureAsJson(paths, store, inputs),
  });
  mkdirSync(join(folder, "build"), { mode: 0o700 });
  mkdirSync(join(folder, "tmp"));
  chmodSync(join(folder, "tmp"), 0o1777);
  const files = [...environment.files, ...exportReferencesGraphs(derivation, store, inputs)];
  for (const [name, contents] of files) writeFileSync(join(folder, "build", name), bytesOf(contents));
  const storeFolder = join(folder, "store");
  return {
    storeFolder,
    storeDir: store.storeDir,
    inputs: placeInputs(inputs, storeFolder, (path) => store.physicalPath(path)),
    buildFolder: join(folder, "build"),
    temporaryFolder: join(folder, "tmp"),
    etcFolder: writeSandboxEtc(folder),
    variables: environment.variables,
    hasNetwork: isFixedOutput(derivation),
    hasKvm: (wordsAttribute(derivation, "requiredSystemFeatures") ?? []).some((word) => KVM_FEATURES.has(word)),
    hasUserNamespace: process.getuid?.() !== 0 || hasUserNamespaces(),
  };
}

/** What is to be mounted. A symlink cannot be: the sandbox gets a copy of it. */
function placeInputs(
  inputs: ReadonlySet<string>,
  storeFolder: string,
  physicalPathOf: (path: string) => string,
): Map<string, string> {
  const mounts = new Map<string, string>();
  for (const path of inputs) {
    const physicalPath = physicalPathOf(path);
    if (!lstatSync(physicalPath).isSymbolicLink()) mounts.set(path, physicalPath);
    else symlinkSync(readlinkSync(physicalPath, "buffer"), join(storeFolder, basename(path)));
  }
  return mounts;
}

function checkEnd(end: SandboxedEnd, work: BuildWork): void {
  if (end.type === "exited" && end.exitCode === 0) return;
  const details = tailOf(work);
  if (end.type === "not-started") throw notStarted(end.error, work);
  if (isDiskFull(work.folder)) throw diskFullError(work);
  throw new AppError("STORE_BUILD_FAILED", `Builder of '${work.goal.name}' ${describeEnd(end)}`, { details });
}

function notStarted({ code, message, hint, exitCode, cause }: AppError, work: BuildWork): AppError {
  const { builder } = work.goal.derivation;
  const isOutside = !builder.startsWith(`${work.context.store.storeDir}/`);
  const outsideHint = `The sandbox holds only the inputs of the build, and '${builder}' is not in the store`;
  const shownHint = hint ?? (isOutside ? outsideHint : null);
  return new AppError(code, message, {
    details: tailOf(work),
    exitCode,
    cause,
    ...(shownHint === null ? {} : { hint: shownHint }),
  });
}

function isDiskFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < FULL_DISK_BYTES;
}

function diskFullError({ context }: BuildWork): unknown {
  return toStoreError(Object.assign(new Error("No space left on device"), { code: "ENOSPC" }), context.store.root);
}

function describeEnd(end: Exclude<SandboxedEnd, { type: "not-started" }>): string {
  if (end.type === "killed") return "was killed";
  return end.exitCode > 128 ? `was ended by signal ${end.exitCode - 128}` : `failed with exit code ${end.exitCode}`;
}

function tailOf({ log }: BuildWork): string {
  return log.tail.join("\n");
}
