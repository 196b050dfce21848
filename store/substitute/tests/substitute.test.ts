import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { exportBinaryCache } from "../../cache/export-binary-cache.ts";
import { generateKeyPair } from "../../formats/signature.ts";
import { REAL_NIX_MISSING } from "../../local/tests/support/temporary-store.ts";
import { serveFolder } from "./cache-server.ts";
import { KEYS, nixCache, realiseFrom, testSettings, testSubstituters } from "./fixtures.ts";
import { assertClean, assertComplete, scene } from "./scene.ts";

for (const compression of ["none", "xz", "zstd", "gzip", "br", "bzip2"]) {
  test(`outputs come from a cache that real Nix made with ${compression}`, { skip: REAL_NIX_MISSING }, async () => {
    using all = scene({}, 3_000_000);
    nixCache(all.source.root, [all.chain.paths[2] ?? ""], all.cache, compression);
    await using server = await serveFolder(all.cache);
    const substituters = testSubstituters([server.url]);
    const run = await realiseFrom(all.target.store, [all.top], substituters);
    substituters.close();
    assert.deepEqual([run.success, run.warnings, run.fetched], [true, [], all.chain.paths]);
    assert.deepEqual(all.target.store.queryPathInfo(all.chain.paths[0] ?? "")?.signatures.length, 1);
    assertComplete(all);
  });
}

test("outputs come from a folder, and what needs no build is not looked at", async () => {
  using all = scene();
  await exportBinaryCache(all.source.store, [all.chain.paths[2] ?? ""], all.cache, { signingKey: KEYS.secretKey });
  const substituters = testSubstituters([`file://${all.cache}`]);
  const run = await realiseFrom(all.target.store, [all.top], substituters);
  assert.deepEqual(run.fetched, all.chain.paths);
  const [plan] = run.events;
  assert.equal(plan?.type === "plan" && plan.buildCount, 0);
  assert.equal(plan?.type === "plan" && plan.substitution?.pathCount, 3);
  assertComplete(all);
  assert.deepEqual((await realiseFrom(all.target.store, [all.top], substituters)).fetched, []);
  substituters.close();
});

test("a path without a signature by a trusted key is not taken, unless none is required or the cache is trusted", async () => {
  using all = scene();
  const stranger = generateKeyPair("cache-1");
  await exportBinaryCache(all.source.store, [all.chain.paths[2] ?? ""], all.cache, { signingKey: stranger.secretKey });
  const strict = testSubstituters([all.cache]);
  const run = await realiseFrom(all.target.store, [all.top], strict);
  assert.equal(run.success, false);
  assert.match(
    run.warnings.join("\n"),
    /ignoring substitute for '.*-top' from '.*', as it's not signed by any of the keys/,
  );
  assertClean(all.target);
  assert.deepEqual(
    all.chain.paths.filter((path) => all.target.store.isValidPath(path)),
    [],
  );
  const lax = testSubstituters([all.cache], { settings: testSettings({ "require-sigs": "false" }) });
  assert.equal((await realiseFrom(all.target.store, [all.top], lax)).success, true);
  assertComplete(all);
  using other = scene();
  const trusted = testSubstituters([`file://${all.cache}?trusted=1`]);
  assert.equal((await realiseFrom(other.target.store, [other.top], trusted)).success, true);
});

test("allowSubstitutes = false builds, unless substitutes are always allowed", async () => {
  using all = scene({ allowSubstitutes: "" });
  await exportBinaryCache(all.source.store, [all.chain.paths[2] ?? ""], all.cache, { signingKey: KEYS.secretKey });
  const usual = testSubstituters([all.cache]);
  assert.deepEqual((await realiseFrom(all.target.store, [all.top], usual)).fetched, []);
  const always = testSubstituters([all.cache], { settings: testSettings({ "always-allow-substitutes": "true" }) });
  assert.deepEqual((await realiseFrom(all.target.store, [all.top], always)).fetched, all.chain.paths);
});

test("what caches say is remembered: that they have a path, and that they have not", async () => {
  using all = scene();
  await exportBinaryCache(all.source.store, [all.chain.paths[1] ?? ""], all.cache, { signingKey: KEYS.secretKey });
  await using server = await serveFolder(all.cache);
  const memoryPath = join(all.folder, "memory.sqlite");
  const paths = all.chain.paths;
  const signal = new AbortController().signal;
  for (const expected of [4, 4]) {
    const substituters = testSubstituters([server.url], { memoryPath });
    const offers = await Promise.all(paths.map((path) => substituters.lookUp(path, signal)));
    assert.deepEqual(
      offers.map((offer) => offer !== null),
      [true, true, false],
    );
    substituters.close();
    assert.equal(server.requests.length, expected);
  }
});

test("a path whose references nobody has is built, and so is what is to be built on top", async () => {
  using all = scene();
  await exportBinaryCache(all.source.store, [all.chain.paths[2] ?? ""], all.cache, { signingKey: KEYS.secretKey });
  rmSync(join(all.cache, `${all.chain.paths[0]?.slice(11, 43)}.narinfo`));
  const run = await realiseFrom(all.target.store, [all.top], testSubstituters([all.cache]));
  assert.deepEqual(run.fetched, []);
  const [plan] = run.events;
  assert.equal(plan?.type === "plan" && plan.buildCount, 3);
});
