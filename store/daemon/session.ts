/**
 * One client of a daemon, from the greeting on: what its operations read from and answer to.
 *
 * An operation first reads its arguments, then works, then answers. While it works, messages may go to the client; an
 * error is one of them, and the next operation follows. An error before that leaves us somewhere in a message, so it is
 * told and the connection ended.
 */
import type { BuildEvent } from "../build/events.ts";
import { type AppError, isAppError } from "../std/app-error.ts";
import { toByteString } from "../std/byte-string.ts";
import type { Store } from "../stores/store.ts";
import type { ClientSettings } from "./client-settings.ts";
import { LEVEL, MESSAGE, type ProtocolVersion } from "./protocol.ts";
import type { Transport } from "./transport.ts";
import { readOptionalStorePath, readStorePath, readStorePaths } from "./values.ts";
import { type FramedBody, type WireReader, WireWriter } from "./wire.ts";

/** Beyond this a client that does not read loses log lines. */
const MAX_UNREAD_BYTES = 1024 * 1024;

export interface SessionOptions {
  readonly transport: Transport;
  readonly store: Store;
  readonly version: ProtocolVersion;
  readonly isTrusted: boolean;
  readonly settings: ClientSettings;
}

export class Session {
  readonly reader: WireReader;
  readonly store: Store;
  readonly storeDir: string;
  readonly version: ProtocolVersion;
  readonly isTrusted: boolean;
  readonly settings: ClientSettings;
  readonly #transport: Transport;
  #isWorking = false;
  #activities = 0;

  constructor(options: SessionOptions, reader: WireReader) {
    this.reader = reader;
    this.store = options.store;
    this.storeDir = options.store.storeDir;
    this.version = options.version;
    this.isTrusted = options.isTrusted;
    this.settings = options.settings;
    this.#transport = options.transport;
  }

  /** Aborted when the client is gone. */
  get closed(): AbortSignal {
    return this.#transport.closed;
  }

  get isWorking(): boolean {
    return this.#isWorking;
  }

  path(): Promise<string> {
    return readStorePath(this.reader, this.storeDir);
  }

  optionalPath(): Promise<string | null> {
    return readOptionalStorePath(this.reader, this.storeDir);
  }

  paths(): Promise<string[]> {
    return readStorePaths(this.reader, this.storeDir);
  }

  /** Works, then sends the answer. Arguments must have been read. */
  async answer<T>(work: () => Promise<T>, write: (writer: WireWriter, value: T) => void): Promise<void> {
    this.#isWorking = true;
    const value = await work();
    this.#isWorking = false;
    const writer = new WireWriter().number(MESSAGE.last);
    write(writer, value);
    await this.send(writer.take());
  }

  /** The same for an operation that is followed by a body, which is read to its end in any case. */
  async answerBody<T>(
    body: FramedBody,
    work: () => Promise<T>,
    write: (writer: WireWriter, value: T) => void,
  ): Promise<void> {
    const readAll = async (): Promise<T> => {
      try {
        return await work();
      } finally {
        await body.drain();
      }
    };
    await this.answer(readAll, write);
  }

  /** For answers that are longer than memory. */
  async send(bytes: Uint8Array): Promise<void> {
    await this.#transport.write(bytes);
  }

  /** A line for the client's terminal. */
  say(level: number, text: string): void {
    if (level > this.settings.verbosity) return;
    this.#tell(new WireWriter().number(MESSAGE.next).string(toByteString(`${text}\n`)));
  }

  warn(text: string): void {
    this.say(LEVEL.warn, `warning: ${text}`);
  }

  /** Returns its number. */
  startActivity(type: number, text: string, fields: readonly (number | string)[]): number {
    this.#activities += 1;
    const writer = new WireWriter().number(MESSAGE.startActivity).number(this.#activities).number(LEVEL.info);
    writer.number(type).string(text);
    this.#tell(writeFields(writer, fields).number(0));
    return this.#activities;
  }

  stopActivity(activity: number): void {
    this.#tell(new WireWriter().number(MESSAGE.stopActivity).number(activity));
  }

  result(activity: number, type: number, fields: readonly (number | string)[]): void {
    const writer = new WireWriter().number(MESSAGE.result).number(activity).number(type);
    this.#tell(writeFields(writer, fields), true);
  }

  #tell(writer: WireWriter, mayDrop = false): void {
    if (!this.#isWorking || (mayDrop && this.#transport.pendingBytes > MAX_UNREAD_BYTES)) return;
    void this.#transport.write(writer.take());
  }

  /** Ends the work with an error. */
  async fail(error: unknown): Promise<void> {
    this.#isWorking = false;
    await this.send(encodeError(describeError(error)));
  }

  /** Whether a build's event is worth sending: a client at `-Q` wants no log. */
  wants(event: BuildEvent): boolean {
    return event.type !== "log" || this.settings.wantsBuildLogs;
  }
}

function writeFields(writer: WireWriter, fields: readonly (number | string)[]): WireWriter {
  writer.number(fields.length);
  for (const field of fields) {
    if (typeof field === "number") writer.number(0).number(field);
    else writer.number(1).string(toByteString(field));
  }
  return writer;
}

/** What the user of the client reads behind `error: `. */
export function describeError(error: unknown): string {
  if (!isAppError(error)) return `internal error of the daemon: ${error instanceof Error ? error.message : error}`;
  return withHint(error);
}

function withHint({ message, details, hint }: AppError): string {
  const parts = [message];
  if (details !== undefined && details !== "") parts.push(details.trimEnd());
  if (hint !== undefined) parts.push(`hint: ${hint}`);
  return parts.join("\n");
}

export function encodeError(message: string): Buffer {
  const writer = new WireWriter().number(MESSAGE.error).string("Error").number(LEVEL.error).string("Error");
  // no position, no traces
  return writer.string(toByteString(message)).number(0).number(0).take();
}
