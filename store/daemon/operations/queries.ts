/** Operations that ask. */
import { AppError } from "../../std/app-error.ts";
import type { Session } from "../session.ts";
import { readDerivedPaths, writePathInfo } from "../values.ts";
import type { WireWriter } from "../wire.ts";
import type { Operation, Operations } from "./operation.ts";

const MAX_NAME_BYTES = 4096;

/** An answer that is a set of paths. */
function pathsOperation(query: (session: Session, path: string) => Promise<readonly string[]>): Operation {
  return async (session) => {
    const path = await session.path();
    await session.answer(() => query(session, path), writePaths);
  };
}

function writePaths(writer: WireWriter, paths: readonly string[]): void {
  writer.strings(paths);
}

async function queryPathInfo(session: Session): Promise<void> {
  const path = await session.path();
  await session.answer(
    () => session.store.queryPathInfo(path),
    (writer, info) => {
      writer.boolean(info !== null);
      if (info !== null) writePathInfo(writer, info);
    },
  );
}

async function queryDeriver(session: Session): Promise<void> {
  const path = await session.path();
  const query = async (): Promise<string> => {
    const info = await session.store.queryPathInfo(path);
    if (info === null) throw new AppError("STORE_INVALID_PATH", `Path '${path}' is not valid`);
    return info.deriver ?? "";
  };
  await session.answer(query, (writer, deriver) => writer.string(deriver));
}

async function queryValidPaths(session: Session): Promise<void> {
  const paths = await session.paths();
  await session.reader.boolean(); // may substitute: see realise
  await session.answer(() => session.store.queryValidPaths(paths), writePaths);
}

async function queryDerivationOutputMap(session: Session): Promise<void> {
  const drvPath = await session.path();
  await session.answer(
    () => session.store.queryDerivationOutputs(drvPath),
    (writer, outputs) => {
      writer.number(outputs.size);
      for (const [name, path] of outputs) writer.string(name).string(path);
    },
  );
}

async function querySubstitutablePathInfo(session: Session): Promise<void> {
  await session.path();
  await session.answer(
    async () => {},
    (writer) => writer.number(0),
  );
}

async function querySubstitutablePathInfos(session: Session): Promise<void> {
  await session.reader.list(async () => [await session.path(), await session.reader.string()]);
  await session.answer(
    async () => {},
    (writer) => writer.number(0),
  );
}

async function queryMissing(session: Session): Promise<void> {
  const targets = await readDerivedPaths(session.reader, session.storeDir);
  await session.answer(
    () => session.store.queryMissing(targets),
    (writer, missing) => {
      writer.strings(missing.willBuild).strings(missing.willSubstitute).strings(missing.unknown);
      writer.number(missing.downloadSizeBytes).number(missing.narSizeBytes);
    },
  );
}

async function queryRealisation(session: Session): Promise<void> {
  await session.reader.string(MAX_NAME_BYTES);
  await session.answer(
    async () => {},
    (writer) => writer.number(0),
  );
}

export const queryOperations: Operations = {
  isValidPath: async (session) => {
    const path = await session.path();
    await session.answer(
      () => session.store.queryValidPaths([path]),
      (writer, valid) => writer.boolean(valid.length > 0),
    );
  },
  queryPathInfo,
  queryDeriver,
  queryValidPaths,
  queryAllValidPaths: (session) => session.answer(() => session.store.queryAllValidPaths(), writePaths),
  querySubstitutablePaths: async (session) => {
    const paths = await session.paths();
    await session.answer(() => session.store.querySubstitutablePaths(paths), writePaths);
  },
  queryReferrers: pathsOperation(({ store }, path) => store.queryReferrers(path)),
  queryValidDerivers: pathsOperation(({ store }, path) => store.queryValidDerivers(path)),
  queryDerivationOutputs: pathsOperation(async ({ store }, path) => [
    ...(await store.queryDerivationOutputs(path)).values(),
  ]),
  queryDerivationOutputNames: pathsOperation(async ({ store }, path) => [
    ...(await store.queryDerivationOutputs(path)).keys(),
  ]),
  queryDerivationOutputMap,
  queryPathFromHashPart: async (session) => {
    const hashPart = await session.reader.string(MAX_NAME_BYTES);
    await session.answer(
      () => session.store.queryPathFromHashPart(hashPart),
      (writer, path) => writer.string(path ?? ""),
    );
  },
  querySubstitutablePathInfo,
  querySubstitutablePathInfos,
  queryMissing,
  queryRealisation,
};
