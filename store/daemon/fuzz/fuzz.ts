/**
 * Feeds broken conversations to a daemon's side of the protocol. Whatever comes, it must end: with an error for that
 * client or without, within seconds, never with an exception, and with the store as sound as before.
 */
import { Readable, Writable } from "node:stream";
import { seededRandom } from "../../local/tests/support/seeded-random.ts";
import { NixSettings } from "../../stores/nix-settings.ts";
import type { Store } from "../../stores/store.ts";
import { serveConnection } from "../serve-connection.ts";
import { streamTransport } from "../transport.ts";
import { conversations } from "./conversations.ts";

const MAX_TIME_MS = 10_000;
/** Numbers that break readers. */
const NASTY = [
  0n,
  1n,
  7n,
  8n,
  255n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 40n,
  2n ** 53n,
  2n ** 62n,
  2n ** 63n,
  2n ** 64n - 1n,
];

export interface FuzzOptions {
  readonly openStore: () => Promise<Store>;
  readonly seed: number;
  readonly durationMs: number;
}

export interface FuzzFinding {
  readonly input: Buffer;
  readonly problem: string;
}

/** Returns how many were tried, and what went wrong. */
export async function fuzzDaemon(options: FuzzOptions): Promise<{ count: number; findings: FuzzFinding[] }> {
  const random = seededRandom(options.seed);
  const below = (limit: number): number => random(Math.max(1, Math.floor(limit)));
  const corpus = [...conversations(32), ...conversations(34), ...conversations(38)];
  const findings: FuzzFinding[] = [];
  const end = Date.now() + options.durationMs;
  let count = 0;
  for (; Date.now() < end && findings.length < 5; count++) {
    const input = mutate(corpus[below(corpus.length)] ?? Buffer.alloc(0), corpus, below);
    const problem = await feed(input, options.openStore, below(2) === 0);
    if (problem !== null) findings.push({ input, problem });
  }
  return { count, findings };
}

function mutate(seed: Buffer, corpus: readonly Buffer[], below: (limit: number) => number): Buffer {
  let bytes: Buffer = Buffer.from(seed);
  for (let changes = below(4); changes >= 0; changes--) bytes = mutateOnce(bytes, corpus, below);
  return bytes;
}

function mutateOnce(bytes: Buffer, corpus: readonly Buffer[], below: (limit: number) => number): Buffer {
  const at = below(bytes.length + 1);
  // the greeting is broken now and then only: behind a broken one nothing happens
  const word = Math.min(Math.max(0, bytes.length - 8), (below(8) === 0 ? below(4) : 4 + below(bytes.length / 8)) * 8);
  switch (below(6)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      if (word + 8 <= bytes.length) bytes.writeBigUInt64LE(NASTY[below(NASTY.length)] ?? 0n, word);
      return bytes;
    case 2:
      if (bytes.length > 0) bytes[Math.min(bytes.length - 1, word + below(8))] = below(256);
      return bytes;
    case 3:
      return Buffer.concat([bytes.subarray(0, word), bytes.subarray(Math.min(bytes.length, word + 8))]);
    case 4:
      return Buffer.concat([bytes, (corpus[below(corpus.length)] ?? bytes).subarray(32)]);
    default:
      return Buffer.concat([bytes.subarray(0, word), bytes.subarray(word, word + 8 * below(20)), bytes.subarray(word)]);
  }
}

/** Serves one input; a text when that did not go well. */
export async function feed(input: Buffer, openStore: () => Promise<Store>, isTrusted: boolean): Promise<string | null> {
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  // in pieces, as a socket gives them
  const transport = streamTransport(Readable.from(piecesOf(input), { objectMode: false }), output);
  const settings = new NixSettings();
  const admit = async (): Promise<{ isTrusted: boolean }> => ({ isTrusted });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`not done after ${MAX_TIME_MS} ms`), MAX_TIME_MS);
  });
  try {
    const served = serveConnection(transport, { openStore, admit, settings, versionText: "fuzz" });
    return await Promise.race([served.then(() => null), late]);
  } catch (error) {
    return String(error);
  } finally {
    clearTimeout(timer);
  }
}

function* piecesOf(input: Buffer): Generator<Buffer, void, void> {
  for (let offset = 0; offset < input.length; offset += 100) yield input.subarray(offset, offset + 100);
}
