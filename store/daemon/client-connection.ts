/** One connection to a daemon, from its client's side: greeting, requests, and the messages that come before an answer. */
import { connect } from "node:net";
import { AppError, isAppError } from "../std/app-error.ts";
import { fromByteString, toByteString } from "../std/byte-string.ts";
import type { ByteStream, RealiseOptions } from "../stores/store.ts";
import {
  CLIENT_MAGIC,
  DAEMON_MAGIC,
  decodeVersion,
  encodeVersion,
  LEVEL,
  MESSAGE,
  OLDEST_VERSION,
  OPERATION,
  type OperationName,
  OUR_VERSION,
  type ProtocolVersion,
  SINCE,
} from "./protocol.ts";
import { socketTransport, type Transport } from "./transport.ts";
import { plainText } from "./values.ts";
import { protocolError, WireReader, WireWriter } from "./wire.ts";

/** What a daemon tells while it works. */
export type DaemonMessage =
  | { readonly type: "line"; readonly text: string }
  | { readonly type: "start"; readonly activity: bigint; readonly kind: number; readonly fields: readonly Field[] }
  | { readonly type: "stop"; readonly activity: bigint }
  | { readonly type: "result"; readonly activity: bigint; readonly kind: number; readonly fields: readonly Field[] };

export type Field = bigint | string;

export interface DaemonRequest<T> {
  readonly operation: OperationName;
  readonly write?: (writer: WireWriter) => void;
  /** Sent in frames behind the arguments. */
  readonly body?: ByteStream;
  readonly read?: (reader: WireReader) => Promise<T>;
  readonly onMessage?: (message: DaemonMessage) => void;
}

const DEFAULT_JOBS = 1;

export class ClientConnection {
  readonly version: ProtocolVersion;
  readonly isTrusted: boolean | null;
  readonly #transport: Transport;
  readonly #reader: WireReader;
  #isInSync = true;

  constructor(transport: Transport, reader: WireReader, greeting: Greeting) {
    this.#transport = transport;
    this.#reader = reader;
    this.version = greeting.version;
    this.isTrusted = greeting.isTrusted;
  }

  /** False when it cannot be used again. */
  get isUsable(): boolean {
    return this.#isInSync && !this.#transport.closed.aborted;
  }

  get closed(): AbortSignal {
    return this.#transport.closed;
  }

  /** @throws AppError `DAEMON_REFUSED` with the daemon's own words, `DAEMON_DISCONNECTED` */
  async request<T = void>(request: DaemonRequest<T>): Promise<T> {
    this.#isInSync = false;
    this.#reader.resetBudget();
    const writer = new WireWriter().number(OPERATION[request.operation]);
    request.write?.(writer);
    await this.#transport.write(writer.take());
    try {
      await (request.body === undefined
        ? readMessages(this.#reader, request.onMessage)
        : this.#exchange(request.body, request.onMessage));
    } catch (error) {
      // an error is an answer: the next request may follow
      this.#isInSync = isAppError(error) && error.code === "DAEMON_REFUSED";
      throw this.#explain(error);
    }
    const answer = await request.read?.(this.#reader);
    this.#isInSync = true;
    // as: without `read`, T is void
    return answer as T;
  }

  #explain(error: unknown): unknown {
    if (!this.#transport.closed.aborted || (isAppError(error) && error.code === "DAEMON_REFUSED")) return error;
    return new AppError("DAEMON_DISCONNECTED", "The daemon closed the connection", { cause: error });
  }

  /** Sends frames while it listens: a daemon that refuses says so before it has seen all. */
  async #exchange(body: ByteStream, onMessage: DaemonRequest<unknown>["onMessage"]): Promise<void> {
    let isAnswered = false;
    const answer = readMessages(this.#reader, onMessage).finally(() => {
      isAnswered = true;
    });
    answer.catch(() => {});
    try {
      for await (const chunk of body) {
        if (isAnswered) break;
        if (chunk.length > 0) await this.#transport.write(new WireWriter().number(chunk.length).raw(chunk).take());
      }
    } catch (error) {
      // the daemon waits for more frames, of which there are none
      this.close();
      throw error;
    }
    await this.#transport.write(new WireWriter().number(0).take());
    await answer;
  }

  async setOptions(options: RealiseOptions, settings: readonly (readonly [string, string])[] = []): Promise<void> {
    const overrides = [...settings];
    if (options.timeoutMs !== undefined) overrides.push(["timeout", String(Math.ceil(options.timeoutMs / 1000))]);
    await this.request({
      operation: "setOptions",
      write: (writer) => {
        writer
          .boolean(options.keepFailed ?? false)
          .boolean(options.keepGoing ?? false)
          .boolean(true);
        writer.number(LEVEL.info).number(options.maxJobs ?? DEFAULT_JOBS);
        writer.number(Math.ceil((options.maxSilentMs ?? 0) / 1000)).number(1);
        // logs wanted; type of log, build trace: no longer used
        writer.number(LEVEL.error).number(0).number(0);
        writer
          .number(options.cores ?? 0)
          .boolean(true)
          .number(overrides.length);
        for (const [name, value] of overrides) writer.string(toByteString(name)).string(toByteString(value));
      },
    });
  }

  /** Bytes that follow an answer bare. */
  async *bareBytes(count: number): AsyncGenerator<Uint8Array, void, void> {
    this.#isInSync = false;
    for (let left = count; left > 0; ) {
      const part = await this.#reader.some(left);
      if (part === null) throw new AppError("DAEMON_DISCONNECTED", "The daemon closed the connection");
      left -= part.length;
      yield part;
    }
    this.#isInSync = true;
  }

  close(): void {
    this.#isInSync = false;
    this.#transport.destroy();
  }
}

interface Greeting {
  readonly version: ProtocolVersion;
  readonly isTrusted: boolean | null;
}

/** @throws AppError `STORE_NO_DAEMON`, `DAEMON_REFUSED`, `DAEMON_PROTOCOL` */
export async function connectToDaemon(socketPath: string): Promise<ClientConnection> {
  const socket = connect(socketPath);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", (cause) => reject(noDaemon(socketPath, cause)));
  });
  return await greetDaemon(socketTransport(socket));
}

function noDaemon(socketPath: string, cause: Error): AppError {
  return new AppError("STORE_NO_DAEMON", `Cannot connect to a daemon at '${socketPath}': ${cause.message}`, {
    hint: "Start one with 'firn daemon', or name another store with --store or NIX_REMOTE",
    cause,
  });
}

export async function greetDaemon(transport: Transport): Promise<ClientConnection> {
  const reader = new WireReader(() => transport.read());
  try {
    return new ClientConnection(transport, reader, await exchangeGreetings(transport, reader));
  } catch (error) {
    transport.destroy();
    throw error;
  }
}

async function exchangeGreetings(transport: Transport, reader: WireReader): Promise<Greeting> {
  await transport.write(new WireWriter().number(CLIENT_MAGIC).number(encodeVersion(OUR_VERSION)).take());
  if ((await reader.number()) !== DAEMON_MAGIC) throw protocolError("this is no Nix daemon");
  const theirs = decodeVersion(await reader.number());
  if (theirs === null || theirs < OLDEST_VERSION) {
    throw protocolError(`the daemon is too old: 1.${OLDEST_VERSION} (Nix 2.4) is the oldest that we speak`);
  }
  const version = Math.min(theirs, OUR_VERSION);
  if (version >= SINCE.features) {
    await transport.write(new WireWriter().strings([]).take());
    await reader.strings();
  }
  // no processor affinity, no reserved space
  await transport.write(new WireWriter().number(0).number(0).take());
  if (version >= SINCE.daemonVersionText) await reader.string();
  const trust = version >= SINCE.trust ? await reader.number() : 0;
  await readMessages(reader);
  return { version, isTrusted: trust === 0 ? null : trust === 1 };
}

/** Until the last one, behind which the answer is. @throws AppError `DAEMON_REFUSED` */
async function readMessages(reader: WireReader, onMessage?: (message: DaemonMessage) => void): Promise<void> {
  for (;;) {
    const kind = await reader.number();
    // a build's messages may be many; each has the whole budget
    reader.resetBudget();
    if (kind === MESSAGE.last) return;
    if (kind === MESSAGE.error) throw await readError(reader);
    const message = await readMessage(reader, kind);
    onMessage?.(message);
  }
}

async function readMessage(reader: WireReader, kind: number): Promise<DaemonMessage> {
  if (kind === MESSAGE.next) return { type: "line", text: plainText(await reader.string()).trimEnd() };
  if (kind === MESSAGE.stopActivity) return { type: "stop", activity: await reader.uint64() };
  if (kind === MESSAGE.result) {
    const activity = await reader.uint64();
    return { type: "result", activity, kind: await reader.number(), fields: await readFields(reader) };
  }
  if (kind !== MESSAGE.startActivity) throw protocolError(`there is no message ${kind}`);
  const activity = await reader.uint64();
  await reader.number(); // level
  const activityKind = await reader.number();
  await reader.string(); // text for people
  const fields = await readFields(reader);
  await reader.uint64(); // parent
  return { type: "start", activity, kind: activityKind, fields };
}

function readFields(reader: WireReader): Promise<Field[]> {
  return reader.list(async () => {
    const type = await reader.number();
    if (type === 0) return await reader.uint64();
    if (type === 1) return fromByteString(await reader.string());
    throw protocolError(`there is no type of field ${type}`);
  });
}

async function readError(reader: WireReader): Promise<AppError> {
  await reader.string(); // type
  await reader.number(); // level
  await reader.string(); // name
  const [message = "", ...rest] = plainText(await reader.string()).split("\n");
  await reader.number(); // position
  await reader.list(async () => [await reader.number(), await reader.string()]);
  const details = rest.join("\n").trimEnd();
  return new AppError("DAEMON_REFUSED", message, details === "" ? {} : { details });
}
