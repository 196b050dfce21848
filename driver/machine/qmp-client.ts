/**
 * QEMU's machine protocol: one JSON object a line in both directions, answers matched to commands by id, events in
 * between. https://www.qemu.org/docs/master/interop/qmp-spec.html
 */
import type { Socket } from "node:net";
import { type Observable, Subject } from "rxjs";
import { AppError } from "#store/std/app-error.ts";

/** An event of QEMU, such as `SHUTDOWN`, `RESET`, `GUEST_PANICKED`. */
export interface QmpEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly timeMs: number;
}

interface Pending {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class QmpClient {
  readonly #socket: Socket;
  readonly #events = new Subject<QmpEvent>();
  readonly #pending = new Map<number, Pending>();
  readonly #greeted = Promise.withResolvers<void>();
  #nextId = 1;
  #rest = "";
  #closed = false;

  /** Every event from the connection on; completes when QEMU goes away. */
  readonly events$: Observable<QmpEvent> = this.#events.asObservable();

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#greeted.promise.catch(() => {});
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#receive(text));
    socket.on("error", () => {});
    socket.on("close", () => this.#end());
  }

  /** Waits for the greeting and leaves negotiation mode. */
  async negotiate(): Promise<void> {
    await this.#greeted.promise;
    await this.send("qmp_capabilities");
  }

  /** @throws AppError `DRIVER_QMP` with QEMU's own words */
  async send(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (this.#closed) throw closedError(command);
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { command, resolve, reject });
    this.#socket.write(
      `${JSON.stringify(args === undefined ? { execute: command, id } : { execute: command, arguments: args, id })}\n`,
    );
    return promise;
  }

  /** A command of the human monitor; its output as text. */
  async monitor(commandLine: string): Promise<string> {
    return String(await this.send("human-monitor-command", { "command-line": commandLine }));
  }

  close(): void {
    this.#socket.destroy();
    this.#end();
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") this.#dispatch(parseObject(line));
  }

  #dispatch(message: Readonly<Record<string, unknown>>): void {
    const { event, data } = message;
    if ("QMP" in message) this.#greeted.resolve();
    else if (typeof event === "string") this.#events.next({ event, data: asObject(data), timeMs: Date.now() });
    else this.#answer(message);
  }

  #answer(message: Readonly<Record<string, unknown>>): void {
    const id = message["id"];
    const pending = typeof id === "number" ? this.#pending.get(id) : undefined;
    if (pending === undefined || typeof id !== "number") return;
    this.#pending.delete(id);
    if ("error" in message) pending.reject(commandError(pending.command, asObject(message["error"])));
    else pending.resolve(message["return"]);
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#greeted.reject(closedError("greeting"));
    for (const { command, reject } of this.#pending.values()) reject(closedError(command));
    this.#pending.clear();
    this.#events.complete();
  }
}

function parseObject(line: string): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(line));
  } catch {
    return {};
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  // Narrowed by hand: what came over the wire as a JSON object has string keys.
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function commandError(command: string, error: Readonly<Record<string, unknown>>): AppError {
  return new AppError("DRIVER_QMP", `QEMU refused '${command}': ${String(error["desc"] ?? "unknown error")}`);
}

function closedError(command: string): AppError {
  return new AppError("DRIVER_QMP_CLOSED", `QEMU went away during '${command}'`);
}
