/** What holds for every store that can be written to. Each test has names of its own, so that all share one store. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { BuildEvent } from "../../build/events.ts";
import { parseDerivation, serializeDerivation } from "../../formats/derivation.ts";
import { derivationReferences } from "../../formats/derivation-hash.ts";
import { formatHash, hashBytes } from "../../formats/hash.ts";
import { hashTree, writeNar } from "../../formats/nar-writer.ts";
import { makeTextPath } from "../../formats/store-path.ts";
import { deleteTree } from "../../local/delete-tree.ts";
import type { NewPathInfo } from "../../local/store-interface.ts";
import { BuildWorkshop, type DrvSpec } from "../../tests/build-workshop.ts";
import type { ByteStream, DerivedPath, RealisedTarget, Store } from "../store.ts";

export interface StoreUnderTest {
  readonly store: Store;
  close(): Promise<void>;
}

export interface ConformanceOptions {
  readonly skip?: string | false;
  /** Real Nix's daemon words its errors otherwise. */
  readonly hasOwnErrors?: boolean;
}

const MISSING = `/nix/store/${"0".repeat(32)}-missing`;

export function testStore(
  name: string,
  open: (folder: string) => Promise<StoreUnderTest>,
  options: ConformanceOptions = {},
): void {
  const skip = { skip: options.skip ?? false };
  const folder = mkdtempSync(join(tmpdir(), "firn-stores-"));
  /** Where sources and derivations come from. */
  const workshop = new BuildWorkshop();
  let opened: StoreUnderTest;
  let store: Store;

  before(async () => {
    if (skip.skip !== false) return;
    opened = await open(folder);
    store = opened.store;
    for (const path of [...workshop.toolPaths].reverse()) await copy(path);
  });
  after(async () => {
    await opened?.close();
    workshop[Symbol.dispose]();
    deleteTree(folder);
  });

  async function copy(path: string): Promise<void> {
    const info = workshop.store.queryPathInfo(path);
    if (info === null) throw new Error(`${path} is not there`);
    await store.addNar({ ...info, ultimate: false }, narOf(workshop.store.physicalPath(path)));
  }

  async function addDerivation(spec: DrvSpec): Promise<string> {
    const drvPath = workshop.add(spec);
    const derivation = workshop.store.readDerivation(drvPath);
    const text = serializeDerivation(derivation);
    assert.equal(await store.addText(`${spec.name}.drv`, text, derivationReferences(derivation)), drvPath);
    return drvPath;
  }

  async function realise(targets: readonly DerivedPath[]) {
    const run = store.realise(targets, { maxJobs: 2, keepGoing: true });
    const events: BuildEvent[] = [];
    for await (const event of run) events.push(event);
    return { events, results: await run.result };
  }

  const built = (drvPath: string, outputs: readonly string[] | null = null): DerivedPath => ({
    type: "built",
    drvPath,
    outputs,
  });

  test(`${name}: a text is added at its path, twice, and found by all queries`, skip, async () => {
    const target = await store.addText("target", "some text", []);
    assert.equal(target, makeTextPath("target", "some text"));
    assert.equal(await store.addText("target", "some text", []), target);
    const referrer = await store.addText("referrer", `${target}\n`, [target]);
    const info = await store.queryPathInfo(referrer);
    assert.deepEqual(info?.references, [target]);
    assert.equal(info?.ca?.startsWith("text:sha256:"), true);
    assert.deepEqual(await store.queryReferrers(target), [referrer]);
    assert.deepEqual(await store.queryValidPaths([MISSING, referrer]), [referrer]);
    assert.equal((await store.queryAllValidPaths()).includes(target), true);
    assert.equal(await store.queryPathFromHashPart(target.slice(11, 43)), target);
    assert.equal(await store.queryPathFromHashPart("0".repeat(32)), null);
  });

  test(`${name}: what is not there`, skip, async () => {
    assert.equal(await store.queryPathInfo(MISSING), null);
    assert.deepEqual(await store.queryReferrers(MISSING), []);
    assert.deepEqual(await store.queryValidDerivers(MISSING), []);
    await assert.rejects(collect(store.narFromPath(MISSING)), { code: "STORE_INVALID_PATH" });
    const { unknown } = await store.queryMissing([{ type: "opaque", path: MISSING }]);
    assert.deepEqual(unknown, [MISSING]);
  });

  test(`${name}: files and trees by their bytes, and their NARs back`, skip, async () => {
    const bytes = Buffer.alloc(1_000_000, "line of text\n");
    const flat = await store.addContents("flat", pieces(bytes), { method: "flat", hashAlgorithm: "sha1" });
    assert.equal(flat.ca, `fixed:${formatHash(hashBytes("sha1", bytes), "base32")}`);
    const tree = makeTree(join(folder, "tree"));
    const added = await store.addContents("tree", narOf(tree), { method: "recursive", hashAlgorithm: "sha256" });
    assert.equal(added.narHash, hashTree(tree).narHash);
    assert.equal(added.path, workshop.store.addPath("tree", tree, { dryRun: true }));
    assert.deepEqual(await collect(store.narFromPath(added.path)), await collect(narOf(tree)));
    const again = await store.addContents("tree", narOf(tree), { method: "recursive", hashAlgorithm: "sha256" });
    assert.equal(again.path, added.path);
  });

  test(`${name}: a NAR that is not what was announced is refused, and the store goes on`, skip, async () => {
    const path = workshop.store.addText("announced", "announced", []);
    const info = workshop.store.queryPathInfo(path);
    assert.ok(info !== null);
    const other = workshop.store.addText("other", "another text", []);
    await assert.rejects(store.addNar(info, narOf(workshop.store.physicalPath(other)), { checkSignatures: false }));
    await assert.rejects(store.addNar(info, pieces(Buffer.from("no NAR at all")), { checkSignatures: false }));
    assert.equal(await store.queryPathInfo(path), null);
    await store.addNar(info, narOf(workshop.store.physicalPath(path)));
    assert.equal((await store.queryPathInfo(path))?.narHash, info.narHash);
  });

  test(`${name}: an unsigned path is refused while signatures are checked`, skip, async () => {
    const source = workshop.store.addText("unsigned", "unsigned", []);
    const info = workshop.store.queryPathInfo(source);
    assert.ok(info !== null);
    const path = `/nix/store/${"1".repeat(32)}-unsigned`;
    const unsigned: NewPathInfo = { ...info, path, ca: null };
    const nar = (): ByteStream => narOf(workshop.store.physicalPath(source));
    await assert.rejects(store.addNar(unsigned, nar()));
    const lying: NewPathInfo = { ...info, path };
    await assert.rejects(store.addNar(lying, nar()), "its content address says another path");
    assert.equal(await store.queryPathInfo(path), null);
    await store.addNar(unsigned, nar(), { checkSignatures: false });
    await store.addSignatures(path, ["a-key:c2lnbmF0dXJl"]);
    assert.deepEqual((await store.queryPathInfo(path))?.signatures, ["a-key:c2lnbmF0dXJl"]);
  });

  test(`${name}: builds, with events and results, and knows afterwards`, skip, async () => {
    const drvPath = await addDerivation({
      name: "made",
      script: "echo first line; echo out > $out; echo dev > $dev",
      outputs: ["out", "dev"],
    });
    const missing = await store.queryMissing([built(drvPath)]);
    assert.deepEqual(missing.willBuild, [drvPath]);
    const { events, results } = await realise([built(drvPath, ["out", "dev"])]);
    const [result] = results;
    assert.equal(result?.outcome, "built");
    assert.deepEqual(Object.keys(result?.outputs ?? {}).sort(), ["dev", "out"]);
    assert.ok(events.some((event) => event.type === "started" && event.drvPath === drvPath));
    assert.ok(events.some((event) => event.type === "log" && event.line === "first line"));
    assert.ok(events.some((event) => event.type === "finished" && event.outcome === "built"));
    const outputs = await store.queryDerivationOutputs(drvPath);
    assert.deepEqual(Object.fromEntries(outputs), result?.outputs);
    assert.deepEqual(await store.queryValidDerivers(outputs.get("out") ?? ""), [drvPath]);
    assert.equal((await store.queryPathInfo(outputs.get("out") ?? ""))?.deriver, drvPath);
    assert.match(String(Buffer.from((await store.readBuildLog(drvPath)) ?? [])), /first line/);
    const again = await realise([built(drvPath), { type: "opaque", path: outputs.get("out") ?? "" }]);
    assert.deepEqual(
      again.results.map(({ outcome }) => outcome === "cached" || outcome === "built"),
      [true, true],
    );
    assert.deepEqual((await store.queryMissing([built(drvPath)])).willBuild, []);
  });

  test(`${name}: a failed build is a result with an error, beside one that went well`, skip, async () => {
    const bad = await addDerivation({ name: "bad", script: "echo what a pity; exit 7" });
    const above = await addDerivation({ name: "above", script: "echo > $out", inputs: [bad] });
    const good = await addDerivation({ name: "good", script: "echo good > $out" });
    const { events, results } = await realise([built(bad), built(above), built(good)]);
    assert.deepEqual(results.map(isWell), [false, false, true]);
    assert.match(results[0]?.error?.message ?? "", /bad/);
    const failed = events.find((event) => event.type === "finished" && event.drvPath === bad);
    assert.equal(failed?.type === "finished" ? failed.outcome : null, "failed");
  });

  test(`${name}: a derivation without its .drv builds`, skip, async () => {
    const drvPath = workshop.add({ name: "alone", script: "echo alone > $out" });
    const derivation = parseDerivation(serializeDerivation(workshop.store.readDerivation(drvPath)));
    const run = store.buildDerivation(drvPath, derivation);
    for await (const _ of run);
    const [result] = await run.result;
    assert.equal(result !== undefined && isWell(result), true);
    assert.deepEqual(await store.queryValidPaths([workshop.outputOf(drvPath)]), [workshop.outputOf(drvPath)]);
  });

  test(`${name}: a derivation that claims the output path of another is refused`, skip, async () => {
    const victim = workshop.add({ name: "victim", script: "echo good > $out" });
    const path = workshop.outputOf(victim);
    const derivation = workshop.store.readDerivation(victim);
    const evil = serializeDerivation({ ...derivation, args: ["-c", "echo evil > $out"] });
    const references = derivationReferences(derivation);
    await assert.rejects(store.addText("victim.drv", evil, references));
    const drvPath = workshop.store.addText("victim.drv", evil, references);
    const info = workshop.store.queryPathInfo(drvPath);
    assert.ok(info !== null);
    await assert.rejects(store.addNar(info, narOf(workshop.store.physicalPath(drvPath))));
    assert.deepEqual(await store.queryValidPaths([drvPath, path]), []);
    await assert.rejects(
      store.addContents("x.drv", pieces(Buffer.from("no derivation")), { method: "flat", hashAlgorithm: "sha256" }),
    );
  });

  test(`${name}: leaving a build ends it`, skip, async () => {
    const drvPath = await addDerivation({ name: "left", script: "echo begun; sleep 300; echo > $out" });
    const started = Date.now();
    for await (const event of store.realise([built(drvPath)])) if (event.type === "log") break;
    assert.deepEqual(await store.queryValidPaths([workshop.outputOf(drvPath)]), []);
    assert.ok(Date.now() - started < 60_000);
  });

  test(`${name}: roots keep, garbage goes, and the rest is sound`, skip, async () => {
    const kept = await store.addText("kept", "kept", []);
    const held = await store.addText("held", "held", []);
    const link = join(folder, "root-link");
    symlinkSync(kept, link);
    await store.addIndirectRoot(link);
    await store.addTempRoot(held);
    assert.equal((await store.findRoots()).get(link), kept);
    const dead = workshop.store.addText("dead", "dead", []);
    const info = workshop.store.queryPathInfo(dead);
    assert.ok(info !== null);
    await store.addNar(info, narOf(workshop.store.physicalPath(dead)));
    assert.equal((await store.collectGarbage({ dryRun: true })).livePaths.includes(kept), true);
    await assert.rejects(store.collectGarbage({ paths: [kept] }));
    assert.deepEqual(await store.verify({ checkContents: true }), []);
    assert.deepEqual(await store.queryValidPaths([kept, held]), [kept, held]);
  });
}

function isWell({ outcome }: RealisedTarget): boolean {
  return outcome === "built" || outcome === "cached";
}

function makeTree(path: string): string {
  mkdirSync(join(path, "folder"), { recursive: true });
  writeFileSync(join(path, "folder", "large"), Buffer.alloc(700_000, "abc"));
  writeFileSync(join(path, "program"), "#!/bin/sh\n", { mode: 0o755 });
  symlinkSync("folder/large", join(path, "link"));
  mkdirSync(join(path, "empty"));
  return path;
}

async function* narOf(path: string): AsyncGenerator<Uint8Array, void, void> {
  const parts: Buffer[] = [];
  writeNar(path, (chunk) => parts.push(Buffer.from(chunk)));
  yield* parts;
}

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array, void, void> {
  for (let offset = 0; offset < bytes.length; offset += 70_000) yield bytes.subarray(offset, offset + 70_000);
}

async function collect(stream: ByteStream): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of stream) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}
