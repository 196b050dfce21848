/** Operations about roots, garbage, health and settings. */
import { isAbsolute } from "node:path";
import type { GarbageResult } from "../../local/store-interface.ts";
import { AppError } from "../../std/app-error.ts";
import { readRequestedSettings } from "../client-settings.ts";
import { GC_ACTION, LEVEL } from "../protocol.ts";
import type { Session } from "../session.ts";
import { protocolError } from "../wire.ts";
import { notPrivileged } from "./additions.ts";
import type { Operations } from "./operation.ts";

const MAX_PATH_BYTES = 4096;

async function setOptions(session: Session): Promise<void> {
  const requested = await readRequestedSettings(session.reader);
  await session.answer(
    async () => {
      for (const warning of session.settings.apply(requested, session.isTrusted)) session.warn(warning);
      session.store.chooseCaches?.(session.settings.substitution);
    },
    () => {},
  );
}

async function addTempRoot(session: Session): Promise<void> {
  const path = await session.path();
  await session.answer(
    () => session.store.addTempRoot(path),
    (writer) => writer.number(1),
  );
}

async function addIndirectRoot(session: Session): Promise<void> {
  const link = await session.reader.string(MAX_PATH_BYTES);
  const add = async (): Promise<void> => {
    if (!isAbsolute(link)) throw new AppError("STORE_BAD_ROOT", `Root '${link}' is not an absolute path`);
    await session.store.addIndirectRoot(link);
  };
  await session.answer(add, (writer) => writer.number(1));
}

async function findRoots(session: Session): Promise<void> {
  await session.answer(
    () => session.store.findRoots(),
    (writer, roots) => {
      writer.number(roots.size);
      for (const [where, path] of roots) writer.string(describeRoot(where, session.isTrusted)).string(path);
    },
  );
}

/** What other users run and build is not everybody's business. */
function describeRoot(where: string, isTrusted: boolean): string {
  const [, pid] = /\/temproots\/(\d+)[^/]*:/.exec(where) ?? [];
  if (pid === undefined && !where.startsWith("/proc/")) return where;
  if (!isTrusted) return "{censored}";
  return pid === undefined ? where : `{temp:${pid}}`;
}

async function collectGarbage(session: Session): Promise<void> {
  const { reader } = session;
  const action = await reader.number();
  const paths = await session.paths();
  const ignoresLiveness = await reader.boolean();
  const maxFreed = await reader.uint64();
  for (const _ of [1, 2, 3]) await reader.number(); // no longer used
  if (action > GC_ACTION.deleteSpecific) throw protocolError(`there is no garbage collector's action ${action}`);
  const collect = async (): Promise<GarbageResult> => {
    if (ignoresLiveness) throw new AppError("STORE_UNSUPPORTED", "You are not allowed to delete paths that are alive");
    return await session.store.collectGarbage({
      dryRun: action === GC_ACTION.returnLive || action === GC_ACTION.returnDead,
      ...(action === GC_ACTION.deleteSpecific ? { paths } : {}),
      // the largest number means no limit
      ...(maxFreed > BigInt(Number.MAX_SAFE_INTEGER) ? {} : { maxFreedBytes: Number(maxFreed) }),
    });
  };
  await session.answer(collect, (writer, result) => {
    const shown = action === GC_ACTION.returnLive ? result.livePaths : result.deletedPaths;
    writer.strings(shown).number(result.freedBytes).number(0);
  });
}

async function verifyStore(session: Session): Promise<void> {
  const checkContents = await session.reader.boolean();
  const repair = await session.reader.boolean();
  const verify = async (): Promise<boolean> => {
    if (repair && !session.isTrusted) throw notPrivileged("repair paths");
    const problems = await session.store.verify({ checkContents, repair });
    for (const problem of problems) session.say(LEVEL.error, `error: ${problem}`);
    return problems.length > 0;
  };
  await session.answer(verify, (writer, hasProblems) => writer.boolean(hasProblems));
}

export const upkeepOperations: Operations = {
  setOptions,
  addTempRoot,
  addIndirectRoot,
  syncWithGc: (session) =>
    session.answer(
      async () => {},
      (writer) => writer.number(1),
    ),
  findRoots,
  collectGarbage,
  optimiseStore: (session) =>
    session.answer(
      () => session.store.optimise(),
      (writer) => writer.number(1),
    ),
  verifyStore,
};
