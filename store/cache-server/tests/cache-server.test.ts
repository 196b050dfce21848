import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { hashTree } from "../../formats/nar-writer.ts";
import { parseNarInfo } from "../../formats/narinfo.ts";
import { generateKeyPair, parseSecretKey } from "../../formats/signature.ts";
import { REAL_NIX_MISSING, temporaryStore } from "../../local/tests/support/temporary-store.ts";
import { KEYS, nixCache, realiseFrom, testSubstituters } from "../../substitute/tests/fixtures.ts";
import { assertComplete, type Scene, scene } from "../../substitute/tests/scene.ts";
import { type RunningCacheServer, type ServedCompression, startCacheServer } from "../cache-server.ts";

async function serve({ source }: Scene, compression: ServedCompression = "zstd"): Promise<RunningCacheServer> {
  const secretKeys = [parseSecretKey(KEYS.secretKey)];
  return await startCacheServer(
    { store: source.store, compression, priority: 30, secretKeys },
    { host: "127.0.0.1", port: 0 },
  );
}

for (const compression of ["none", "zstd", "gzip", "br"] as const) {
  test(`our own builds fetch from our server with ${compression}`, async () => {
    using all = scene({}, 700_000);
    const server = await serve(all, compression);
    const substituters = testSubstituters([server.url], { patienceMs: 5000 });
    const run = await realiseFrom(all.target.store, [all.top], substituters);
    substituters.close();
    await server.close();
    assert.deepEqual([run.success, run.fetched, run.warnings], [true, all.chain.paths, []]);
    assertComplete(all);
  });

  test(`real Nix fetches from our server with ${compression}, and not with another key`, {
    skip: REAL_NIX_MISSING,
  }, async () => {
    using all = scene({}, 700_000);
    using other = temporaryStore();
    const server = await serve(all, compression);
    const [, , top = ""] = all.chain.paths;
    const realise = async (root: string, publicKey: string) =>
      await promisify(execFile)("nix-store", ["--store", root, "-r", top], {
        encoding: "utf8",
        env: {
          PATH: process.env["PATH"],
          HOME: all.folder,
          NIX_CONF_DIR: all.folder,
          NIX_CONFIG: `substituters = ${server.url}\ntrusted-public-keys = ${publicKey}\nbuild-users-group =\n`,
        },
      });
    try {
      await assert.rejects(
        realise(join(other.folder, "wrong"), generateKeyPair("cache-1").publicKey),
        /not signed by any|lacks a/,
      );
      const { stdout } = await realise(other.root, KEYS.publicKey);
      assert.equal(stdout, `${top}\n`);
    } finally {
      await server.close();
    }
    assert.deepEqual(other.store.verify({ checkContents: true }), []);
    assert.deepEqual(other.store.queryPathInfo(top)?.references, all.source.store.queryPathInfo(top)?.references);
  });
}

test("narinfos say what real Nix's say of the same path, signature and all", { skip: REAL_NIX_MISSING }, async () => {
  using all = scene();
  nixCache(all.source.root, [all.chain.paths[2] ?? ""], all.cache, "none");
  const server = await serve(all, "none");
  for (const path of all.chain.paths) {
    const name = `${path.slice(11, 43)}.narinfo`;
    const theirs = parseNarInfo(readFileSync(join(all.cache, name), "latin1"));
    const response = await fetch(`${server.url}/${name}`);
    assert.equal(response.headers.get("content-type"), "text/x-nix-narinfo");
    assert.deepEqual({ ...parseNarInfo(await response.text()), url: "" }, { ...theirs, url: "" });
    assert.equal(theirs.signatures.length, 1);
  }
  await server.close();
});

test("listings are real Nix's", { skip: REAL_NIX_MISSING }, async () => {
  using env = temporaryStore();
  const tree = join(env.folder, "tree");
  mkdirSync(join(tree, "a b"), { recursive: true });
  mkdirSync(join(tree, "empty"));
  writeFileSync(join(tree, "a b", "tool"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(tree, "a b", "nothing"), "");
  writeFileSync(join(tree, "äöü"), "text");
  symlinkSync("a b/tool", join(tree, "link"));
  const path = env.store.addPath("tree", tree);
  const url = `file://${env.folder}/cache?write-nar-listing=1&compression=none`;
  await promisify(execFile)(
    "nix",
    ["--extra-experimental-features", "nix-command", "--store", env.root, "copy", "--no-check-sigs", "--to", url, path],
    { env: { PATH: process.env["PATH"], HOME: env.folder, NIX_CONF_DIR: env.folder } },
  );
  const server = await startCacheServer(
    { store: env.store, compression: "none", priority: 40, secretKeys: [] },
    { host: "127.0.0.1", port: 0 },
  );
  const name = `${path.slice(11, 43)}.ls`;
  const found = await (await fetch(`${server.url}/${name}`)).json();
  await server.close();
  assert.deepEqual(found, JSON.parse(readFileSync(join(env.folder, "cache", name), "utf8")));
});

test("ranges, heads, what is not there, and what may not be asked", async () => {
  using all = scene({}, 300_000);
  const server = await serve(all, "none");
  const [lib = ""] = all.chain.paths;
  const info = parseNarInfo(await (await fetch(`${server.url}/${lib.slice(11, 43)}.narinfo`)).text());
  const parts: Buffer[] = [];
  hashTree(all.source.store.physicalPath(lib), null, (chunk) => parts.push(Buffer.from(chunk)));
  const nar = Buffer.concat(parts);
  const get = (path: string, range?: string, method = "GET"): Promise<Response> =>
    fetch(`${server.url}/${path}`, { method, headers: range === undefined ? {} : { range } });
  for (const [range, start, end] of [
    ["bytes=0-0", 0, 1],
    ["bytes=100-199", 100, 200],
    ["bytes=299000-", 299_000, nar.length],
    ["bytes=-10", nar.length - 10, nar.length],
    ["bytes=5-99999999", 5, nar.length],
  ] as const) {
    const response = await get(info.url, range);
    assert.equal(response.status, 206);
    assert.equal(response.headers.get("content-range"), `bytes ${start}-${end - 1}/${nar.length}`);
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), nar.subarray(start, end));
  }
  assert.equal((await get(info.url, `bytes=${nar.length}-`)).status, 416);
  assert.equal((await get(info.url, "bytes=9-2,5-6")).status, 200);
  const head = await get(info.url, undefined, "HEAD");
  assert.deepEqual([head.status, head.headers.get("content-length")], [200, String(nar.length)]);
  const missing = [
    "",
    "x",
    `${"0".repeat(32)}.narinfo`,
    `${"0".repeat(32)}.ls`,
    "../../etc/passwd",
    "nar/x",
    "log/x",
    "%2e%2e/",
  ];
  missing.push(info.url.replace(/-[0-9a-z]{52}/, `-${"0".repeat(52)}`), `log/${"0".repeat(32)}-x.drv`);
  for (const path of missing) assert.equal((await get(path)).status, 404, path);
  assert.equal((await get("nix-cache-info", undefined, "POST")).status, 405);
  assert.equal(await (await get("nix-cache-info")).text(), "StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 30\n");
  await server.close();
});

test("logs are served, and a server that ends finishes what is under way", async () => {
  using all = scene({}, 5_000_000);
  const drvPath = all.source.add({ name: "talks", script: "echo said; echo > $out" });
  assert.equal((await all.source.build([drvPath])).success, true);
  const server = await serve(all, "none");
  assert.match(await (await fetch(`${server.url}/log/${drvPath.slice(11)}`)).text(), /^said$/m);
  const [lib = ""] = all.chain.paths;
  const info = parseNarInfo(await (await fetch(`${server.url}/${lib.slice(11, 43)}.narinfo`)).text());
  const response = await fetch(`${server.url}/${info.url}`);
  const closed = server.close();
  assert.equal((await response.arrayBuffer()).byteLength, info.narSizeBytes);
  await closed;
  await assert.rejects(fetch(server.url));
});
