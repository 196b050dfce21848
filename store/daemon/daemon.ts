/**
 * A daemon: listens on a Unix socket, finds out who connects, serves each. One process and one thread serve all clients;
 * what takes long is asynchronous (builds, streams) or has a thread of its own (collecting, verifying).
 */
import { chmodSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { AppError, isAppError } from "../std/app-error.ts";
import { ignoreCode } from "../std/system-error.ts";
import type { NixSettings } from "../stores/nix-settings.ts";
import type { Store } from "../stores/store.ts";
import { type AccessRules, accessRulesOf, authorize, groupsOf } from "./authorization.ts";
import { type Peer, peerOf } from "./peer-credentials.ts";
import { type Admission, serveConnection } from "./serve-connection.ts";
import { socketTransport, streamTransport } from "./transport.ts";

export interface DaemonOptions {
  /** One for each client; the daemon closes it. */
  readonly openStore: () => Promise<Store>;
  readonly settings: NixSettings;
  readonly versionText: string;
  /** Trusts everybody, or nobody, whoever they are. */
  readonly forceTrust?: boolean;
  /** Told of comings, goings and troubles. */
  readonly onLog?: (line: string) => void;
}

/** Where to listen: a path, made and removed by us, or a socket that was handed to this process. */
export type ListenAddress = { readonly path: string } | { readonly fd: number };

export class Daemon {
  readonly #options: DaemonOptions;
  readonly #rules: AccessRules;
  readonly #server: Server;
  readonly #clients = new Set<Promise<void>>();
  readonly #sockets = new Set<Socket>();
  #path: string | null = null;

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.#rules = accessRulesOf(options.settings);
    this.#server = createServer((socket) => this.#accept(socket));
  }

  get clientCount(): number {
    return this.#sockets.size;
  }

  /** @throws AppError `DAEMON_RUNNING` when another listens there, `DAEMON_CANNOT_LISTEN` */
  async listen(address: ListenAddress): Promise<void> {
    if ("path" in address) await makeRoomFor(address.path);
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (cause) => reject(cannotListen(address, cause)));
      this.#server.listen(address, resolve);
    });
    if (!("path" in address)) return;
    this.#path = address.path;
    // who may do what is told from the peer; an ordinary user's daemon is for that user alone
    chmodSync(address.path, isRoot() ? 0o666 : 0o600);
  }

  /** Stops listening, ends all connections and their builds, waits for them. */
  async close(): Promise<void> {
    const isClosed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([isClosed, ...this.#clients]);
    const path = this.#path;
    if (path !== null) ignoreCode("ENOENT", () => rmSync(path));
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    const served = this.#serve(socket)
      .catch((error: unknown) => this.#log(`trouble with a connection: ${String(error)}`))
      .finally(() => this.#clients.delete(served));
    this.#clients.add(served);
  }

  async #serve(socket: Socket): Promise<void> {
    await serveConnection(socketTransport(socket), { ...this.#options, admit: () => this.#admit(socket) });
  }

  async #admit(socket: Socket): Promise<Admission> {
    const { forceTrust } = this.#options;
    if (forceTrust !== undefined) return { isTrusted: forceTrust };
    // the socket's mode lets in nobody but ourselves and root
    if (!isRoot() && this.#path !== null) return { isTrusted: true };
    const peer = await this.#peerOf(socket);
    // handing it to a process stopped our reading
    socket.resume();
    const who = peer === null ? "an unknown user" : `pid ${peer.pid}, user ${peer.user}`;
    try {
      const isTrusted = authorize(this.#rules, peer);
      this.#log(`connection from ${who}${isTrusted ? " (trusted)" : ""}`);
      return { isTrusted };
    } catch (refusal) {
      if (!isAppError(refusal)) throw refusal;
      this.#log(`refused a connection from ${who}`);
      return { isTrusted: false, refusal };
    }
  }

  async #peerOf(socket: Socket): Promise<Peer | null> {
    try {
      return await peerOf(socket, groupsOf(this.#rules));
    } catch (error) {
      if (!isAppError(error)) throw error;
      this.#log(`${error.message}: ${error.hint ?? ""}`);
      return null;
    }
  }

  #log(line: string): void {
    this.#options.onLog?.(line);
  }
}

/** Serves the one client at standard input and output, as `nix-daemon --stdio`. */
export async function serveStdio(options: DaemonOptions): Promise<void> {
  const transport = streamTransport(process.stdin, process.stdout);
  const isTrusted = options.forceTrust ?? true;
  await serveConnection(transport, { ...options, admit: async () => ({ isTrusted }) });
}

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** A socket that nobody serves was left by a daemon that was killed. */
async function makeRoomFor(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  if (!existsSync(path)) return;
  if (await isServed(path)) {
    throw new AppError("DAEMON_RUNNING", `Another daemon listens on '${path}'`, {
      hint: "Stop it, or choose another socket with --socket",
    });
  }
  rmSync(path);
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const answer = (value: boolean): void => {
      socket.destroy();
      resolve(value);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
  });
}

function cannotListen(address: ListenAddress, cause: Error): AppError {
  const where = "path" in address ? `'${address.path}'` : `socket ${address.fd}`;
  return new AppError("DAEMON_CANNOT_LISTEN", `Cannot listen on ${where}: ${cause.message}`, {
    cause,
    hint: "The path of a socket has at most 107 bytes, and its folder must be writable",
  });
}
