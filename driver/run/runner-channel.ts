/**
 * From the process of a test file to the runner that started it: journal entries as JSON lines over a Unix socket, so that
 * the terminal is live although test files run in processes of their own. Without a runner (plain `node --test`) nothing
 * is sent.
 */
import { once } from "node:events";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Journal, JournalEntry } from "../report/journal.ts";

/** The environment variable that names the runner's socket. */
export const channelVariable = "FIRN_TEST_EVENTS";

/** One line: which test, and what happened. */
export interface RunnerMessage {
  readonly test: string;
  readonly entry: JournalEntry;
}

export interface RunnerChannel extends AsyncDisposable {
  /** Resolves when all that was written is on its way. */
  flush(): Promise<void>;
}

export async function connectToRunner(test: string, journal: Journal): Promise<RunnerChannel> {
  const path = process.env[channelVariable];
  if (path === undefined || path === "") return { flush: async () => {}, [Symbol.asyncDispose]: async () => {} };
  const socket = createConnection(path);
  socket.on("error", () => {});
  socket.unref();
  let isOver = false;
  // A runner that was killed cannot end its tests: they end themselves, machines first (see host/end-with-process.ts).
  socket.on("close", () => {
    if (!isOver) process.kill(process.pid, "SIGTERM");
  });
  const subscription = journal.entries$.subscribe((entry) => {
    const message: RunnerMessage = { test, entry: withoutOutput(entry) };
    if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
  });
  return {
    flush: () => flush(socket),
    async [Symbol.asyncDispose]() {
      isOver = true;
      subscription.unsubscribe();
      await flush(socket);
      socket.end();
    },
  };
}

/** Listens for test processes; the promise's value must be closed. */
export async function listenForTests(path: string, onMessage: (message: RunnerMessage) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    // Written by connectToRunner of the same release.
    createInterface({ input: socket }).on("line", (line) => onMessage(JSON.parse(line) as RunnerMessage));
  });
  server.listen(path);
  await once(server, "listening");
  return server;
}

async function flush(socket: Socket): Promise<void> {
  if (socket.destroyed || socket.writableLength === 0) return;
  await new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    socket.write("", () => resolve());
  });
}

/** The terminal shows what was run, not what it printed; the report has both. */
function withoutOutput(entry: JournalEntry): JournalEntry {
  if (entry.type !== "end") return entry;
  const { output: _output, stderr: _stderr, ...rest } = entry;
  return rest;
}
