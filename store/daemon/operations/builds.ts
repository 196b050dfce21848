/** Operations that build. A client that goes away leaves its builds, and those that nobody else waits for end. */

import { serializeDerivation } from "../../formats/derivation.ts";
import { fixedOutputOf } from "../../formats/derivation-hash.ts";
import type { Derivation } from "../../formats/derivation-type.ts";
import { derivationName } from "../../formats/store-path.ts";
import { AppError } from "../../std/app-error.ts";
import { contentAddressedPath } from "../../stores/content-address.ts";
import type { BuildMode, DerivedPath, RealisedTarget, RealiseOptions, RealiseRun } from "../../stores/store.ts";
import { BuildMessages } from "../build-messages.ts";
import type { Session } from "../session.ts";
import {
  formatDerivedPath,
  readBasicDerivation,
  readBuildMode,
  readDerivedPaths,
  writeBuildResult,
} from "../values.ts";
import { notPrivileged } from "./additions.ts";
import type { Operations } from "./operation.ts";

type Results = readonly RealisedTarget[];

function buildOptions(session: Session, mode: BuildMode): RealiseOptions {
  if (mode === "repair" && !session.isTrusted) throw notPrivileged("repair paths");
  return { ...session.settings.buildOptions, mode, signal: session.closed };
}

/** Shows the run to the client while it goes on. */
async function follow(session: Session, run: RealiseRun, targets: readonly DerivedPath[]): Promise<Results> {
  const [only] = targets;
  const messages = new BuildMessages(session, targets.length === 1 && only?.type === "built" ? only.drvPath : null);
  try {
    for await (const event of run) messages.show(event);
    return await run.result;
  } finally {
    messages.end();
  }
}

function isWell({ outcome }: RealisedTarget): boolean {
  return outcome === "built" || outcome === "cached";
}

/** @throws AppError that names what failed */
function requireAll(results: Results): void {
  const [failed, ...others] = results.filter((result) => !isWell(result));
  if (failed === undefined) return;
  if (others.length === 0 && failed.error !== null) {
    const { code, message, hint, details } = failed.error;
    throw new AppError(code, message, {
      ...(hint === undefined ? {} : { hint }),
      ...(details === undefined ? {} : { details }),
    });
  }
  const names = [failed, ...others].map(({ target }) => `'${formatDerivedPath(target)}'`);
  throw new AppError("STORE_BUILD_FAILED", `Build of ${names.join(", ")} failed`);
}

async function buildPaths(session: Session): Promise<void> {
  const targets = await readDerivedPaths(session.reader, session.storeDir);
  const mode = await readBuildMode(session.reader);
  const build = async (): Promise<void> =>
    requireAll(await follow(session, session.store.realise(targets, buildOptions(session, mode)), targets));
  await session.answer(build, (writer) => writer.number(1));
}

async function buildPathsWithResults(session: Session): Promise<void> {
  const targets = await readDerivedPaths(session.reader, session.storeDir);
  const mode = await readBuildMode(session.reader);
  const build = (): Promise<Results> =>
    follow(session, session.store.realise(targets, buildOptions(session, mode)), targets);
  await session.answer(build, (writer, results) => {
    writer.number(results.length);
    for (const result of results) {
      writer.string(formatDerivedPath(result.target));
      writeBuildResult(writer, result, session.version);
    }
  });
}

/**
 * Input-addressed outputs of a derivation that comes alone cannot be checked: their paths depend on derivations that are
 * not there. So only trusted clients may ask for them. A fixed output proves itself.
 */
async function buildDerivation(session: Session): Promise<void> {
  const drvPath = await session.path();
  const derivation = await readBasicDerivation(session.reader, session.storeDir);
  const mode = await readBuildMode(session.reader);
  const build = async (): Promise<Results> => {
    const options = buildOptions(session, mode);
    const start = (path: string): Promise<Results> =>
      follow(session, session.store.buildDerivation(path, derivation, options), [
        { type: "built", drvPath: path, outputs: null },
      ]);
    if (session.isTrusted) return await start(drvPath);
    requireOwnFixedOutput(drvPath, derivation, session.storeDir);
    const text = serializeDerivation(derivation);
    return await start(await session.store.addText(`${derivationName(drvPath)}.drv`, text, derivation.inputSrcs));
  };
  await session.answer(build, (writer, [result]) => {
    if (result !== undefined) writeBuildResult(writer, result, session.version);
  });
}

/** @throws AppError unless the derivation has one fixed output, at the path that its hash says */
function requireOwnFixedOutput(drvPath: string, derivation: Derivation, storeDir: string): void {
  const fixed = fixedOutputOf(derivation);
  if (fixed === null || fixed.method === "text")
    throw notPrivileged("build input-addressed derivations that are not in the store");
  const path = contentAddressedPath(fixed, derivationName(drvPath), [], storeDir);
  if (derivation.outputs.get("out")?.path === path) return;
  throw new AppError(
    "STORE_BAD_DERIVATION",
    `Derivation '${drvPath}' has an output at the wrong path; it is '${path}'`,
  );
}

async function ensurePath(session: Session): Promise<void> {
  const path = await session.path();
  const ensure = async (): Promise<void> => {
    const run = session.store.realise([{ type: "opaque", path }], buildOptions(session, "normal"));
    requireAll(await follow(session, run, []));
  };
  await session.answer(ensure, (writer) => writer.number(1));
}

export const buildOperations: Operations = { buildPaths, buildPathsWithResults, buildDerivation, ensurePath };
