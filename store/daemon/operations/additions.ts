/** Operations that bring something into the store, or take it out as a NAR. */
import { isHashAlgorithm } from "../../formats/hash.ts";
import type { PathInfo } from "../../local/store-interface.ts";
import { AppError } from "../../std/app-error.ts";
import type { ContentOptions } from "../../stores/store.ts";
import type { Session } from "../session.ts";
import { readPathInfo, readStorePath, writePathInfo } from "../values.ts";
import { protocolError, WireReader } from "../wire.ts";
import type { Operations } from "./operation.ts";

const MAX_NAME_BYTES = 4096;

async function addToStore(session: Session): Promise<void> {
  const { reader, store } = session;
  const name = await reader.string(MAX_NAME_BYTES);
  const method = await reader.string(MAX_NAME_BYTES);
  const references = await session.paths();
  const isRepair = await reader.boolean();
  const body = reader.frames();
  const add = async (): Promise<PathInfo> => {
    if (isRepair) refuseRepair(session);
    return await store.addContents(name, body, { ...parseMethod(method), references });
  };
  await session.answerBody(body, add, (writer, info) => {
    writer.string(info.path);
    writePathInfo(writer, info);
  });
}

/** `text:sha256`, `fixed:sha1`, `fixed:r:sha256` */
export function parseMethod(text: string): ContentOptions {
  const [, kind = "", hashAlgorithm = ""] = /^(text:|fixed:r:|fixed:)(.*)$/.exec(text) ?? [];
  if (!isHashAlgorithm(hashAlgorithm)) {
    throw new AppError("STORE_UNSUPPORTED", `Cannot add by the method '${text}'`);
  }
  return { method: kind === "text:" ? "text" : kind === "fixed:" ? "flat" : "recursive", hashAlgorithm };
}

function refuseRepair({ isTrusted }: Session): never {
  if (!isTrusted) throw notPrivileged("repair paths");
  throw new AppError("STORE_UNSUPPORTED", "Cannot repair a path by adding it again");
}

export function notPrivileged(what: string): AppError {
  return new AppError("DAEMON_NOT_TRUSTED", `You are not privileged to ${what}`, {
    hint: "Whoever runs the daemon can add you to 'trusted-users'",
  });
}

async function addTextToStore(session: Session): Promise<void> {
  const name = await session.reader.string(MAX_NAME_BYTES);
  const contents = await session.reader.string();
  const references = await session.paths();
  await session.answer(
    () => session.store.addText(name, contents, references),
    (writer, path) => writer.string(path),
  );
}

/** What nobody but the builder may claim of a path is left out: that it was built here. */
function asClaimed(info: PathInfo, { isTrusted }: Session): PathInfo {
  return { ...info, ultimate: isTrusted && info.ultimate };
}

async function addToStoreNar(session: Session): Promise<void> {
  const { reader, store } = session;
  const path = await session.path();
  const info = await readPathInfo(reader, path, session.storeDir);
  const isRepair = await reader.boolean();
  const isUnchecked = (await reader.boolean()) && session.isTrusted;
  const body = reader.frames();
  const add = async (): Promise<void> => {
    if (isRepair) refuseRepair(session);
    await store.addNar(asClaimed(info, session), body, { checkSignatures: !isUnchecked });
  };
  await session.answerBody(body, add, () => {});
}

/** One body with a count, then info and NAR of each path. */
async function addMultipleToStore(session: Session): Promise<void> {
  const isRepair = await session.reader.boolean();
  const isUnchecked = (await session.reader.boolean()) && session.isTrusted;
  const body = session.reader.frames();
  const add = async (): Promise<void> => {
    if (isRepair) refuseRepair(session);
    const inner = new WireReader(() => body.next());
    const count = await inner.number();
    for (let index = 0; index < count; index++) {
      inner.resetBudget();
      await addOne(session, inner, !isUnchecked);
    }
  };
  await session.answerBody(body, add, () => {});
}

async function addOne(session: Session, reader: WireReader, checkSignatures: boolean): Promise<void> {
  const path = await readStorePath(reader, session.storeDir);
  const info = await readPathInfo(reader, path, session.storeDir);
  const nar = takeBytes(reader, info.narSizeBytes);
  await session.store.addNar({ ...info, ultimate: false }, nar, { checkSignatures });
  // a path that is valid already was not read
  for await (const _ of nar);
}

/** Exactly so many bytes; may be iterated in several turns. */
function takeBytes(reader: WireReader, count: number): AsyncIterable<Uint8Array> {
  let leftBytes = count;
  return {
    async *[Symbol.asyncIterator]() {
      while (leftBytes > 0) {
        const part = await reader.some(leftBytes);
        if (part === null) throw protocolError("a NAR ended early");
        leftBytes -= part.length;
        yield part;
      }
    },
  };
}

/** The NAR follows the end of the messages bare, so all that can be wrong should be found before. */
async function narFromPath(session: Session): Promise<void> {
  const path = await session.path();
  const pieces = session.store.narFromPath(path)[Symbol.asyncIterator]();
  let piece: IteratorResult<Uint8Array> | undefined;
  await session.answer(
    async () => {
      piece = await pieces.next();
    },
    () => {},
  );
  while (piece !== undefined && piece.done !== true && !session.closed.aborted) {
    await session.send(piece.value);
    piece = await pieces.next();
  }
  await pieces.return?.();
}

async function addBuildLog(session: Session): Promise<void> {
  const drvPath = await session.path();
  const body = session.reader.frames();
  const add = async (): Promise<void> => {
    if (!session.isTrusted) throw notPrivileged("add logs");
    await session.store.addBuildLog(drvPath, body);
  };
  await session.answerBody(body, add, (writer) => writer.number(1));
}

async function addSignatures(session: Session): Promise<void> {
  const path = await session.path();
  const signatures = await session.reader.strings(MAX_NAME_BYTES);
  await session.answer(
    () => session.store.addSignatures(path, signatures),
    (writer) => writer.number(1),
  );
}

async function registerDrvOutput(session: Session): Promise<void> {
  await session.reader.string();
  await session.answer(
    async () => {
      throw new AppError("STORE_UNSUPPORTED", "Cannot register the output of a content-addressing derivation");
    },
    () => {},
  );
}

export const additionOperations: Operations = {
  addToStore,
  addTextToStore,
  addToStoreNar,
  addMultipleToStore,
  narFromPath,
  addBuildLog,
  addSignatures,
  registerDrvOutput,
};
