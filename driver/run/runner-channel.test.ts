import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { Server, Socket } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { channelVariable } from "./runner-channel.ts";

/** A test process in miniature: connects, then waits for what comes. */
const script = `
  import { connectToRunner } from ${JSON.stringify(join(import.meta.dirname, "runner-channel.ts"))};
  import { Journal } from ${JSON.stringify(join(import.meta.dirname, "..", "report", "journal.ts"))};
  const channel = await connectToRunner("x", new Journal());
  if (process.argv[1] === "finish") await channel[Symbol.asyncDispose]();
  else setTimeout(() => {}, 60_000);
`;

async function runAgainst(
  server: Server,
  path: string,
  argument: string,
  onConnection: (socket: Socket) => void,
): Promise<{ readonly code: number | null; readonly signal: string | null }> {
  server.on("connection", onConnection);
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script, argument], {
    env: { ...process.env, [channelVariable]: path },
    stdio: "inherit",
  });
  const [code, signal] = await once(child, "exit");
  return { code, signal };
}

async function withServer(use: (server: Server, path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "firn-channel-"));
  const path = join(folder, "events");
  const server = createServer().listen(path);
  try {
    await once(server, "listening");
    await use(server, path);
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

test("connectToRunner: a test ends when its runner is gone", () =>
  withServer(async (server, path) => {
    const ended = await runAgainst(server, path, "wait", (socket) => socket.destroy());
    assert.deepEqual(ended, { code: null, signal: "SIGTERM" });
  }));

test("connectToRunner: a test that is over ends by itself", () =>
  withServer(async (server, path) => {
    const ended = await runAgainst(server, path, "finish", (socket) => socket.resume());
    assert.deepEqual(ended, { code: 0, signal: null });
  }));
