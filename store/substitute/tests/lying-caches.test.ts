/** Whatever a cache does, nothing wrong becomes valid, nothing is left behind, and nobody waits long. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { exportBinaryCache } from "../../cache/export-binary-cache.ts";
import { parseNarInfo, printNarInfo } from "../../formats/narinfo.ts";
import { parseSecretKey, signPath } from "../../formats/signature.ts";
import { type Misbehave, serveFolder } from "./cache-server.ts";
import { KEYS, realiseFrom, testSettings, testSubstituters } from "./fixtures.ts";
import { assertClean, assertComplete, type Scene, scene } from "./scene.ts";

async function scenery(compression: "xz" | "zstd" | "none" = "zstd"): Promise<Scene> {
  const all = scene({}, 200_000);
  const options = { signingKey: KEYS.secretKey, compression };
  await exportBinaryCache(all.source.store, [all.chain.paths[2] ?? ""], all.cache, options);
  return all;
}

function narInfoFile({ cache, chain }: Scene, index: number): string {
  return join(cache, `${chain.paths[index]?.slice(11, 43)}.narinfo`);
}

/** The narinfo of `lib` says something else, and is signed again. */
function forge(all: Scene, change: (info: ReturnType<typeof parseNarInfo>) => Partial<typeof info>): void {
  const file = narInfoFile(all, 0);
  const info = parseNarInfo(readFileSync(file, "latin1"));
  const forged = { ...info, ...change(info) };
  const signature = signPath(parseSecretKey(KEYS.secretKey), { ...forged, path: forged.storePath });
  writeFileSync(file, printNarInfo({ ...forged, signatures: [signature] }));
}

function rewriteNar(all: Scene, change: (bytes: Buffer) => Buffer): void {
  const { url } = parseNarInfo(readFileSync(narInfoFile(all, 0), "latin1"));
  const file = join(all.cache, url);
  writeFileSync(file, change(readFileSync(file)));
}

const isNar = (request: IncomingMessage): boolean => request.url?.startsWith("/nar/") === true;
const onNars =
  (act: (response: ServerResponse) => void): Misbehave =>
  (request, response) => {
    if (isNar(request)) act(response);
    return isNar(request);
  };

function sendForever(response: ServerResponse): void {
  response.writeHead(200);
  const more = (): void => {
    if (response.destroyed) return;
    response.write(Buffer.alloc(65536));
    setImmediate(more);
  };
  more();
}

const always =
  (act: (response: ServerResponse) => void): Misbehave =>
  (_request, response) => {
    act(response);
    return true;
  };

interface Lie {
  readonly name: string;
  readonly prepare?: (all: Scene) => void;
  readonly misbehave?: Misbehave;
  readonly compression?: "none" | "xz";
}

const lies: readonly Lie[] = [
  {
    name: "another hash",
    prepare: (all) => forge(all, () => ({ narHash: `sha256:${"0".repeat(52)}` })),
  },
  { name: "a smaller size", prepare: (all) => forge(all, ({ narSizeBytes }) => ({ narSizeBytes: narSizeBytes - 8 })) },
  { name: "a larger size", prepare: (all) => forge(all, ({ narSizeBytes }) => ({ narSizeBytes: narSizeBytes + 8 })) },
  { name: "a truncated file", prepare: (all) => rewriteNar(all, (bytes) => bytes.subarray(0, bytes.length / 2)) },
  {
    name: "a truncated NAR",
    compression: "none",
    prepare: (all) => rewriteNar(all, (bytes) => bytes.subarray(0, bytes.length / 2)),
  },
  {
    name: "a truncated xz file",
    compression: "xz",
    prepare: (all) => rewriteNar(all, (bytes) => bytes.subarray(0, bytes.length - 40)),
  },
  {
    name: "a wrong size of what an xz file holds",
    compression: "xz",
    prepare: (all) => forge(all, ({ narSizeBytes }) => ({ narSizeBytes: narSizeBytes + 8 })),
  },
  { name: "garbage for a NAR", prepare: (all) => rewriteNar(all, () => Buffer.alloc(5000, "garbage")) },
  {
    name: "another file's contents",
    compression: "none",
    prepare: (all) =>
      rewriteNar(all, (bytes) => Buffer.from(bytes.toString("latin1").replace("data 0", "DATA 0"), "latin1")),
  },
  { name: "no file", misbehave: onNars((response) => response.writeHead(404).end()) },
  { name: "500 for each NAR", misbehave: onNars((response) => response.writeHead(500).end("oh")) },
  {
    name: "a file without an end",
    misbehave: onNars(sendForever),
  },
  {
    name: "a stalled file",
    misbehave: onNars((response) => void response.writeHead(200, { "content-length": 5000 }).write("x")),
  },
  { name: "no answer for NARs", misbehave: onNars(() => {}) },
  {
    name: "a trickle",
    misbehave: onNars((response) => {
      response.writeHead(200, { "content-length": 100_000 });
      const timer = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(timer));
    }),
  },
  {
    name: "redirects in a circle",
    misbehave: (request, response) => {
      if (isNar(request)) response.writeHead(302, { location: request.url ?? "" }).end();
      return isNar(request);
    },
  },
  {
    name: "a redirect to a file",
    misbehave: onNars((r) => r.writeHead(302, { location: "file:///etc/passwd" }).end()),
  },
  { name: "a broken connection", misbehave: onNars((response) => response.socket?.destroy()) },
];

for (const { name, prepare, misbehave, compression } of lies) {
  test(`a cache with ${name} brings nothing`, { timeout: 20_000 }, async () => {
    using all = await scenery(compression);
    prepare?.(all);
    await using server = await serveFolder(all.cache, misbehave);
    const substituters = testSubstituters([server.url]);
    const run = await realiseFrom(all.target.store, [all.top], substituters);
    substituters.close();
    assert.equal(run.success, false);
    assert.deepEqual(run.fetched, []);
    const failure = run.events.find((event) => event.type === "finished" && event.outcome === "failed");
    assert.equal(failure?.type === "finished" && failure.error?.code, "STORE_SUBSTITUTION_FAILED");
    assert.deepEqual(
      all.chain.paths.filter((path) => all.target.store.isValidPath(path)),
      [],
    );
    assertClean(all.target);
  });
}

for (const { name, prepare, misbehave, compression } of lies) {
  test(`a good cache stands in for one with ${name}`, { timeout: 20_000 }, async () => {
    using all = await scenery(compression);
    using good = await scenery();
    prepare?.(all);
    await using bad = await serveFolder(all.cache, misbehave);
    const substituters = testSubstituters([`${bad.url}?priority=1`, `file://${good.cache}?priority=2`]);
    const run = await realiseFrom(all.target.store, [all.top], substituters);
    substituters.close();
    assert.equal(run.success, true, JSON.stringify(run.events));
    assertComplete(all);
  });
}

/** These are told of a path before it is planned: it is as if the cache did not have it. */
const uselessAnswers: readonly Lie[] = [
  {
    name: "a narinfo about another path",
    prepare: (all) => writeFileSync(narInfoFile(all, 2), readFileSync(narInfoFile(all, 0))),
  },
  { name: "garbage for a narinfo", prepare: (all) => writeFileSync(narInfoFile(all, 2), "garbage") },
  {
    name: "a changed narinfo",
    prepare: (all) => {
      const info = parseNarInfo(readFileSync(narInfoFile(all, 2), "latin1"));
      writeFileSync(narInfoFile(all, 2), printNarInfo({ ...info, narSizeBytes: info.narSizeBytes + 8 }));
    },
  },
  { name: "500 for everything", misbehave: always((response) => response.writeHead(500).end()) },
  { name: "a broken connection for everything", misbehave: always((response) => response.socket?.destroy()) },
  {
    name: "endless narinfos",
    misbehave: (request, response) => {
      if (request.url?.endsWith(".narinfo") !== true) return false;
      sendForever(response);
      return true;
    },
  },
  {
    name: "another store folder",
    prepare: (all) => writeFileSync(join(all.cache, "nix-cache-info"), "StoreDir: /gnu/store\n"),
  },
  { name: "garbage for nix-cache-info", prepare: (all) => writeFileSync(join(all.cache, "nix-cache-info"), "<html>") },
];

for (const { name, prepare, misbehave } of uselessAnswers) {
  test(`a cache with ${name} is told of once, and a good one is used`, { timeout: 20_000 }, async () => {
    using all = await scenery();
    using good = await scenery();
    prepare?.(all);
    await using bad = await serveFolder(all.cache, misbehave);
    const substituters = testSubstituters([`${bad.url}?priority=1`, `file://${good.cache}?priority=2`]);
    const startMs = performance.now();
    const run = await realiseFrom(all.target.store, [all.top], substituters);
    substituters.close();
    assert.equal(run.success, true, JSON.stringify(run.events));
    assert.equal(run.warnings.length, 1, run.warnings.join("\n"));
    assert.ok(performance.now() - startMs < 6000);
    assertComplete(all);
  });
}

test("a cache that never answers delays one question for a moment", { timeout: 20_000 }, async () => {
  using all = await scenery();
  await using silent = await serveFolder(all.cache, () => true);
  const substituters = testSubstituters([`${silent.url}?priority=1`, all.cache], { patienceMs: 60_000 });
  const startMs = performance.now();
  const run = await realiseFrom(all.target.store, [all.top], substituters);
  substituters.close();
  assert.equal(run.success, true);
  assert.ok(performance.now() - startMs < 4000);
});

test("a dead cache is told of once and delays hundreds of questions but once", async () => {
  using all = await scenery();
  const dead = createServer();
  await new Promise<void>((resolve) => dead.listen(0, "127.0.0.1", resolve));
  // as: a TCP server has an address of this form
  const { port } = dead.address() as AddressInfo;
  await new Promise((resolve) => dead.close(resolve));
  const substituters = testSubstituters([`http://127.0.0.1:${port}?priority=1`, all.cache]);
  const run = await realiseFrom(all.target.store, [all.top], substituters);
  assert.equal(run.success, true);
  assert.equal(run.warnings.length, 1);
  assert.match(
    run.warnings[0] ?? "",
    /^substituter 'http:\/\/127.0.0.1:\d+' is in trouble \(connect ECONNREFUSED .*\), going on/,
  );
  substituters.close();
});

test("a file that breaks off goes on where it stopped", async () => {
  using all = await scenery("none");
  const ranges: string[] = [];
  await using server = await serveFolder(all.cache, (request, response) => {
    if (!isNar(request)) return false;
    ranges.push(request.headers.range ?? "all");
    if (request.headers.range !== undefined) return false;
    const bytes = readFileSync(join(all.cache, request.url ?? ""));
    response.writeHead(200, { "content-length": bytes.length });
    response.write(bytes.subarray(0, 100_000), () => response.destroy());
    return true;
  });
  const substituters = testSubstituters([server.url]);
  const run = await realiseFrom(all.target.store, [all.top], substituters);
  substituters.close();
  assert.equal(run.success, true);
  assert.equal(ranges.filter((range) => range === "all").length, 3);
  assert.equal(ranges.filter((range) => range.startsWith("bytes=")).length, 3);
  assertComplete(all);
});

test("with fallback, what cannot be fetched is built, and what is on top of it", async () => {
  using all = scene({}, 1000);
  const drvPaths: string[] = [];
  for (const shop of [all.source, all.target]) {
    const lower = shop.add({ name: "lower", script: "echo lower > $out" });
    drvPaths.push(
      shop.add({ name: "upper", script: "cat $lower > $out", env: { lower: shop.outputOf(lower) }, inputs: [lower] }),
    );
  }
  const [upper = ""] = drvPaths;
  assert.equal((await all.source.build([upper])).success, true);
  const paths = [all.source.outputOf(upper)];
  const lower = all.source.store.readDerivation(upper).inputDrvs.keys().next().value ?? "";
  await exportBinaryCache(all.source.store, [...paths, all.source.outputOf(lower)], all.cache, {
    signingKey: KEYS.secretKey,
  });
  for (const file of readdirSync(join(all.cache, "nar"))) writeFileSync(join(all.cache, "nar", file), "garbage");
  const settings = testSettings({ fallback: "true" });
  const run = await realiseFrom(all.target.store, [upper], testSubstituters([all.cache], { settings }));
  assert.equal(run.success, true, JSON.stringify(run.events));
  assert.match(run.warnings.join("\n"), /building '.*-upper', as it could not be fetched from '.*'/);
  assert.equal(readFileSync(all.target.store.physicalPath(paths[0] ?? ""), "utf8"), "lower\n");
  assertClean(all.target);
});
