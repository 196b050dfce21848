/** Serves one client from its greeting to its last word. */

import { type AppError, isAppError } from "../std/app-error.ts";
import type { NixSettings } from "../stores/nix-settings.ts";
import type { Store } from "../stores/store.ts";
import { ClientSettings } from "./client-settings.ts";
import { additionOperations } from "./operations/additions.ts";
import { buildOperations } from "./operations/builds.ts";
import type { Operation } from "./operations/operation.ts";
import { queryOperations } from "./operations/queries.ts";
import { upkeepOperations } from "./operations/upkeep.ts";
import {
  CLIENT_MAGIC,
  DAEMON_MAGIC,
  decodeVersion,
  encodeVersion,
  MESSAGE,
  OLDEST_VERSION,
  OPERATION,
  OUR_VERSION,
  type ProtocolVersion,
  SINCE,
} from "./protocol.ts";
import { describeError, encodeError, Session } from "./session.ts";
import type { Transport } from "./transport.ts";
import { protocolError, WireReader, WireWriter } from "./wire.ts";

/** Whether a client is trusted, or why it is not served at all. */
export interface Admission {
  readonly isTrusted: boolean;
  /** It is told so when it has greeted. */
  readonly refusal?: AppError;
}

export interface ServeOptions {
  /** Called at the first request; what it opens is closed when the client is gone. */
  readonly openStore: () => Promise<Store>;
  /** Called when the client has greeted: who only connects costs nothing. */
  readonly admit: () => Promise<Admission>;
  readonly settings: NixSettings;
  /** As `nix store ping` shows it. */
  readonly versionText: string;
}

const handlers: ReadonlyMap<number, Operation> = collectHandlers();

function collectHandlers(): Map<number, Operation> {
  const byName = { ...queryOperations, ...additionOperations, ...buildOperations, ...upkeepOperations };
  const entries = Object.entries(OPERATION).map(([name, code]): [number, Operation | undefined] => {
    // as: the keys of OPERATION are the names that the tables use
    return [code, byName[name as keyof typeof OPERATION]];
  });
  return new Map(entries.filter((entry): entry is [number, Operation] => entry[1] !== undefined));
}

/** Resolves when the client is gone, however it went; never rejects for what the client did. */
export async function serveConnection(transport: Transport, options: ServeOptions): Promise<void> {
  const reader = new WireReader(() => transport.read());
  try {
    const client = await greetInTime(transport, reader, options);
    if (client !== null) await serveOperations(transport, reader, { ...client, options });
  } catch (error) {
    if (!transport.closed.aborted) await transport.write(encodeError(describeError(error)));
  } finally {
    await transport.end();
    transport.destroy();
  }
}

interface GreetedClient {
  readonly version: ProtocolVersion;
  readonly isTrusted: boolean;
}

const GREETING_TIMEOUT_MS = 60_000;

async function greetInTime(
  transport: Transport,
  reader: WireReader,
  options: ServeOptions,
): Promise<GreetedClient | null> {
  const timer = setTimeout(() => transport.destroy(), GREETING_TIMEOUT_MS);
  try {
    return await greet(transport, reader, options);
  } finally {
    clearTimeout(timer);
  }
}

/** Null when the other side left or is not served; it was told why. */
async function greet(transport: Transport, reader: WireReader, options: ServeOptions): Promise<GreetedClient | null> {
  if (await reader.isAtEnd()) return null;
  if ((await reader.uint64()) !== BigInt(CLIENT_MAGIC)) throw protocolError("this is no client of a Nix daemon");
  await transport.write(new WireWriter().number(DAEMON_MAGIC).number(encodeVersion(OUR_VERSION)).take());
  const theirs = decodeVersion(await reader.number());
  if (theirs === null) throw protocolError("the client speaks another major version");
  const version = Math.min(theirs, OUR_VERSION);
  if (version >= SINCE.features) {
    await reader.strings(MAX_FEATURE_BYTES);
    await transport.write(new WireWriter().strings([]).take());
  }
  if (await reader.boolean()) await reader.number(); // processor affinity
  await reader.number(); // reserved space
  const writer = new WireWriter();
  if (version >= SINCE.daemonVersionText) writer.string(options.versionText);
  const { isTrusted, refusal } = await options.admit();
  if (version >= SINCE.trust) writer.number(isTrusted ? 1 : 2);
  if (version >= OLDEST_VERSION) {
    if (refusal === undefined) writer.number(MESSAGE.last);
    else writer.raw(encodeError(describeError(refusal)));
    await transport.write(writer.take());
    return refusal === undefined ? { version, isTrusted } : null;
  }
  await transport.write(refuseOldClient(writer, version));
  return null;
}

const MAX_FEATURE_BYTES = 1024;
/** Errors had a message and a status until then. */
const STRUCTURED_ERRORS_SINCE = 26;

function refuseOldClient(writer: WireWriter, version: ProtocolVersion): Buffer {
  const text = `The client speaks version 1.${version} of the worker protocol; this daemon needs 1.${OLDEST_VERSION} (Nix 2.4) or newer`;
  if (version >= STRUCTURED_ERRORS_SINCE) return writer.raw(encodeError(text)).take();
  return writer.number(MESSAGE.error).string(text).number(1).take();
}

async function serveOperations(
  transport: Transport,
  reader: WireReader,
  { version, isTrusted, options }: GreetedClient & { readonly options: ServeOptions },
): Promise<void> {
  // not before it is used: an idle client costs nothing
  if (await reader.isAtEnd()) return;
  const store = await options.openStore();
  try {
    const settings = new ClientSettings(options.settings);
    const session = new Session({ transport, store, version, settings, isTrusted }, reader);
    do reader.resetBudget();
    while ((await serveOne(session)) && !(await reader.isAtEnd()));
  } finally {
    await store.close();
  }
}

/** False when nothing that follows can be understood. */
async function serveOne(session: Session): Promise<boolean> {
  const code = await session.reader.number();
  const operation = handlers.get(code);
  if (operation === undefined) throw protocolError(`there is no operation ${code}`);
  try {
    await operation(session);
    return true;
  } catch (error) {
    if (session.closed.aborted) return false;
    const canGoOn = session.isWorking && !(isAppError(error) && error.code === "DAEMON_PROTOCOL");
    await session.fail(error);
    return canGoOn;
  }
}
