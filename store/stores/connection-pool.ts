/** Connections to one daemon, opened when all others are busy and used again. */
import { type ClientConnection, connectToDaemon } from "../daemon/client-connection.ts";
import { AppError } from "../std/app-error.ts";

export class ConnectionPool {
  readonly #socketPath: string;
  readonly #idle: ClientConnection[] = [];
  readonly #busy = new Set<ClientConnection>();
  #isClosed = false;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Runs with a connection of its own. */
  async use<T>(body: (connection: ClientConnection) => Promise<T>): Promise<T> {
    const connection = await this.take();
    try {
      return await body(connection);
    } finally {
      this.give(connection);
    }
  }

  /** To be given back. */
  async take(): Promise<ClientConnection> {
    if (this.#isClosed) throw new AppError("STORE_CLOSED", "The connection to the daemon was closed");
    for (let known = this.#idle.pop(); known !== undefined; known = this.#idle.pop()) {
      if (!known.isUsable) continue;
      this.#busy.add(known);
      return known;
    }
    const connection = await connectToDaemon(this.#socketPath);
    this.#busy.add(connection);
    await connection.setOptions({});
    return connection;
  }

  give(connection: ClientConnection): void {
    this.#busy.delete(connection);
    if (connection.isUsable && !this.#isClosed) this.#idle.push(connection);
    else connection.close();
  }

  close(): void {
    this.#isClosed = true;
    for (const connection of [...this.#idle, ...this.#busy]) connection.close();
    this.#idle.length = 0;
  }
}
