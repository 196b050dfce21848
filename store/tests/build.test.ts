import assert from "node:assert/strict";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { buildLogPath, readBuildLog } from "../build/build-log.ts";
import { buildPaths } from "../build/build-paths.ts";
import { formatHash, hashBytes } from "../formats/hash.ts";
import { BuildWorkshop, errorOf, outcomesOf } from "./build-workshop.ts";

test("buildPaths builds a chain with several outputs, references between them and on themselves", async () => {
  using shop = new BuildWorkshop();
  const lib = shop.add({ name: "lib", script: "mkdir $out; echo $out > $out/self" });
  const script = `mkdir $out $dev; echo ${shop.outputOf(lib)} > $out/needs; echo $out > $dev/link`;
  const app = shop.add({ name: "app", inputs: [lib], outputs: ["out", "dev"], script });
  const { success, targets, events } = await shop.build([app]);
  assert.equal(success, true);
  const [out, dev] = [shop.outputOf(app), shop.outputOf(app, "dev")];
  assert.deepEqual(targets, [{ drvPath: app, outcome: "built", outputs: { out, dev } }]);
  assert.deepEqual(events[0], { type: "plan", buildCount: 2, downloadCount: 0, drvPaths: [app, lib] });
  assert.deepEqual(shop.store.queryPathInfo(shop.outputOf(lib))?.references, [shop.outputOf(lib)]);
  assert.deepEqual(shop.store.queryPathInfo(out)?.references, [shop.outputOf(lib)]);
  assert.deepEqual(shop.store.queryPathInfo(dev)?.references, [out]);
  assert.equal(shop.store.queryPathInfo(dev)?.deriver, app);
  assert.deepEqual(shop.store.verify({ checkContents: true }), []);
  assert.deepEqual(readdirSync(join(shop.root, "firn/build")), ["locks.sqlite"]);
});

test("buildPaths does nothing for what is valid, and builds what is only wanted in part", async () => {
  using shop = new BuildWorkshop();
  const drv = shop.add({ name: "twice", script: "echo x > $out" });
  await shop.build([drv]);
  const again = await shop.build([drv]);
  assert.equal(again.targets[0]?.outcome, "cached");
  assert.deepEqual(
    again.events.map((event) => event.type),
    ["plan", "finished"],
  );
});

test("buildPaths makes results canonical, without set-id bits", async () => {
  using shop = new BuildWorkshop();
  const script = "mkdir -p $out/d; touch $out/d/f; chmod 777 $out/d/f; ln -s nowhere $out/l; chmod 700 $out/d";
  const drv = shop.add({ name: "modes", script });
  await shop.build([drv]);
  const top = shop.store.physicalPath(shop.outputOf(drv));
  const modes = [top, `${top}/d`, `${top}/d/f`].map((path) => (lstatSync(path).mode & 0o7777).toString(8));
  assert.deepEqual(modes, ["555", "555", "555"]);
  for (const path of [top, `${top}/d`, `${top}/d/f`, `${top}/l`]) assert.equal(lstatSync(path).mtimeMs, 1000);
});

test("buildPaths tells why a builder failed, with the end of its log", async () => {
  using shop = new BuildWorkshop();
  const drv = shop.add({ name: "bad", script: "seq 1 40; echo to stderr >&2; exit 7" });
  const user = shop.add({ name: "user", inputs: [drv], script: "touch $out" });
  const { success, events } = await shop.build([user]);
  assert.equal(success, false);
  assert.deepEqual(outcomesOf(events), { bad: "failed", user: "dependency-failed" });
  const error = errorOf(events, drv);
  assert.equal(error.code, "STORE_BUILD_FAILED");
  assert.equal(error.message, "Builder of 'bad' failed with exit code 7");
  const tail = [...Array.from({ length: 24 }, (_, i) => String(i + 17)), "to stderr"];
  assert.deepEqual(error.details.split("\n"), tail);
  assert.equal(shop.store.isValidPath(shop.outputOf(drv)), false);
});

test("buildPaths stops at the first failure, or goes on with what does not depend on it", async () => {
  using shop = new BuildWorkshop();
  const bad = shop.add({ name: "bad", script: "exit 1" });
  const slow = shop.add({ name: "slow", script: "sleep 20; touch $out" });
  const stopped = await shop.build([bad, slow], { maxJobs: 2 });
  assert.deepEqual(outcomesOf(stopped.events), { bad: "failed", slow: "cancelled" });
  const good = shop.add({ name: "good", script: "touch $out" });
  const wentOn = await shop.build([bad, good], { maxJobs: 1, keepGoing: true });
  assert.deepEqual(outcomesOf(wentOn.events), { bad: "failed", good: "built" });
  assert.equal(wentOn.success, false);
});

test("buildPaths names an output that was not made, and registers none of them", async () => {
  using shop = new BuildWorkshop();
  const drv = shop.add({ name: "half", outputs: ["out", "doc"], script: "touch $out" });
  const { events } = await shop.build([drv]);
  assert.equal(errorOf(events, drv).code, "STORE_OUTPUT_MISSING");
  assert.match(errorOf(events, drv).message, /did not make its output '.*-half-doc'/);
  assert.equal(shop.store.isValidPath(shop.outputOf(drv)), false);
  assert.equal(existsSync(shop.store.physicalPath(shop.outputOf(drv))), false);
});

for (const algorithm of ["md5", "sha1", "sha256", "sha512"] as const) {
  test(`buildPaths checks fixed outputs (${algorithm})`, async () => {
    using shop = new BuildWorkshop();
    const hash = formatHash(hashBytes(algorithm, "fixed\n"), "base16");
    const good = shop.add({ name: "good", fixed: hash, script: "echo fixed > $out" });
    const bad = shop.add({ name: "bad", fixed: hash, script: "echo other > $out" });
    const { events } = await shop.build([good, bad], { keepGoing: true });
    assert.deepEqual(outcomesOf(events), { good: "built", bad: "failed" });
    const [wanted, got] = ["fixed\n", "other\n"].map((text) => formatHash(hashBytes(algorithm, text), "sri"));
    assert.equal(errorOf(events, bad).code, "STORE_HASH_MISMATCH");
    assert.equal(errorOf(events, bad).message, `Hash of 'bad' is '${got}', not '${wanted}' as stated`);
    const ca = `fixed:${formatHash(hashBytes(algorithm, "fixed\n"), "base32")}`;
    assert.equal(shop.store.queryPathInfo(shop.outputOf(good))?.ca, ca);
  });
}

test("buildPaths checks recursive fixed outputs, and that flat ones are plain files", async () => {
  using shop = new BuildWorkshop();
  const script = "mkdir $out; echo a > $out/a";
  const probe = shop.add({ name: "tree", script });
  await shop.build([probe]);
  const narHash = shop.store.queryPathInfo(shop.outputOf(probe))?.narHash ?? "";
  const good = shop.add({ name: "tree", fixed: `r:${narHash}`, script });
  const flat = shop.add({ name: "flat", fixed: narHash, script });
  const { events } = await shop.build([good, flat], { keepGoing: true });
  assert.equal(shop.store.isValidPath(shop.outputOf(good)), true);
  assert.equal(errorOf(events, flat).code, "STORE_NOT_A_FILE");
});

test("buildPaths ends a build that takes too long or says nothing", async () => {
  using shop = new BuildWorkshop();
  const drv = shop.add({ name: "slow", script: "echo started; sleep 30; touch $out" });
  const timed = await shop.build([drv], { timeoutMs: 400 });
  assert.deepEqual(outcomesOf(timed.events), { slow: "timed-out" });
  assert.equal(errorOf(timed.events, drv).message, "Build of 'slow' was ended: it took longer than 0.4 s");
  assert.equal(errorOf(timed.events, drv).details, "started");
  const silent = await shop.build([drv], { maxSilentMs: 300 });
  assert.match(errorOf(silent.events, drv).message, /it printed nothing for 0.3 s/);
  const chatty = shop.add({ name: "chatty", script: "for i in 1 2 3 4; do sleep 0.2; echo $i; done; touch $out" });
  assert.equal((await shop.build([chatty], { maxSilentMs: 700 })).success, true);
});

test("buildPaths is cancelled by its signal and by a reader who leaves", async () => {
  using shop = new BuildWorkshop();
  const drv = shop.add({ name: "slow", script: "echo started; sleep 30" });
  const stop = new AbortController();
  const run = buildPaths(shop.store, [{ drvPath: drv }], { signal: stop.signal });
  for await (const event of run) if (event.type === "log") stop.abort();
  assert.equal((await run.result).targets[0]?.outcome, "cancelled");
  const abandoned = buildPaths(shop.store, [{ drvPath: drv }]);
  for await (const event of abandoned) if (event.type === "log") break;
  assert.equal((await abandoned.result).targets[0]?.outcome, "cancelled");
  assert.deepEqual(readdirSync(join(shop.root, "firn/build")), ["locks.sqlite"]);
});

test("buildPaths turns the builder's messages into phases and keeps the log", async () => {
  using shop = new BuildWorkshop();
  const script = `echo '@nix {"action":"setPhase","phase":"buildPhase"}' >&2; printf 'a\\rb\\n\\xff\\nlast'; touch $out`;
  const drv = shop.add({
    name: "talk",
    builder: `${shop.tools.programs}/bin/bash`,
    args: ["-c", script],
    sources: shop.toolPaths,
    env: { PATH: `${shop.tools.programs}/bin` },
  });
  const { events } = await shop.build([drv]);
  const phases = events.filter((event) => event.type === "phase").map((event) => event.phase);
  const lines = events.filter((event) => event.type === "log").map((event) => event.line);
  assert.deepEqual(phases, ["buildPhase"]);
  assert.deepEqual(lines, ["b", "\ufffd", "last"]);
  const log = readFileSync(buildLogPath(shop.root, drv), "latin1");
  assert.ok(log.endsWith("a\rb\n\xff\nlast"));
});

test("buildPaths compresses a long log", async () => {
  using shop = new BuildWorkshop();
  const drv = shop.add({ name: "long", script: "seq 1 20000; touch $out" });
  const { events } = await shop.build([drv]);
  assert.equal(events.filter((event) => event.type === "log").length, 20000);
  assert.equal(existsSync(`${buildLogPath(shop.root, drv)}.bz2`), true);
  assert.equal(existsSync(buildLogPath(shop.root, drv)), false);
  const lines = String(await readBuildLog(shop.root, drv)).split("\n");
  assert.deepEqual([lines.length, lines[19999]], [20001, "20000"]);
});

test("buildPaths keeps the folder of a failed build on request", async () => {
  using shop = new BuildWorkshop();
  const drv = shop.add({ name: "broken", script: "echo remains > note; exit 1" });
  const { events } = await shop.build([drv], { keepFailed: true });
  const kept = /kept: '(.*)'/.exec(errorOf(events, drv).hint)?.[1] ?? "";
  assert.equal(readFileSync(join(kept, "note"), "utf8"), "remains\n");
});

test("buildPaths refuses what this host cannot build", async () => {
  using shop = new BuildWorkshop();
  const foreign = shop.add({ name: "foreign", platform: "riscv64-linux", script: "touch $out" });
  const feature = shop.add({
    name: "feature",
    env: { requiredSystemFeatures: "big-parallel warp" },
    script: "touch $out",
  });
  const builtin = shop.add({ name: "builtin", builder: "builtin:nothing" });
  const absent = shop.add({ name: "absent", builder: `${shop.tools.programs}/bin/absent`, sources: shop.toolPaths });
  const outside = shop.add({ name: "outside", builder: "/bin/sh" });
  const { events } = await shop.build([foreign, feature, builtin, absent, outside], { keepGoing: true });
  assert.match(
    errorOf(events, outside).hint,
    /holds only the inputs of the build, and '\/bin\/sh' is not in the store/,
  );
  assert.match(errorOf(events, foreign).message, /needs a 'riscv64-linux' machine/);
  assert.match(errorOf(events, feature).message, /needs 'warp'/);
  assert.equal(errorOf(events, builtin).code, "STORE_UNKNOWN_BUILTIN");
  assert.match(errorOf(events, absent).details, /execvp .*absent: No such file or directory/);
});

test("buildPaths enforces what a derivation says about its references", async () => {
  using shop = new BuildWorkshop();
  const lib = shop.add({ name: "lib", script: "touch $out" });
  const libPath = shop.outputOf(lib);
  const script = `mkdir $out; echo $out ${libPath} > $out/refs`;
  const add = (name: string, env: Record<string, string>) => shop.add({ name, inputs: [lib], script, env });
  const bad = [
    add("a", { allowedReferences: "out" }),
    add("b", { disallowedReferences: libPath }),
    add("c", { disallowedRequisites: libPath }),
    add("d", { allowedRequisites: "" }),
    add("e", { allowedReferences: libPath }),
  ];
  const good = [add("f", { allowedReferences: `out ${libPath}` }), add("g", { allowedRequisites: libPath })];
  const { events } = await shop.build([...bad, ...good], { keepGoing: true });
  for (const drv of bad) assert.equal(errorOf(events, drv).code, "STORE_FORBIDDEN_REFERENCE", drv);
  for (const drv of good) assert.equal(shop.store.isValidPath(shop.outputOf(drv)), true, drv);
});

test("buildPaths replaces what an interrupted build left at an output path", async () => {
  using shop = new BuildWorkshop();
  const drv = shop.add({ name: "clean", script: "mkdir $out; touch $out/new" });
  const physicalPath = shop.leaveGarbageAt(shop.outputOf(drv));
  assert.equal((await shop.build([drv])).success, true);
  assert.deepEqual(readdirSync(physicalPath), ["new"]);
});

test("buildPaths takes outputs that are closed even to their owner", async () => {
  using shop = new BuildWorkshop();
  const hash = formatHash(hashBytes("sha256", "fixed\n"), "base16");
  const file = shop.add({ name: "file", fixed: hash, script: "echo fixed > $out; chmod 0 $out" });
  const folder = shop.add({ name: "folder", script: "mkdir -p $out/a; echo > $out/a/b; chmod 0 $out/a/b $out/a $out" });
  assert.equal((await shop.build([file, folder])).success, true);
});

test("buildPaths has a limit neither to goals nor to listeners", async () => {
  using shop = new BuildWorkshop();
  const warnings: string[] = [];
  const listen = (warning: Error) => warnings.push(warning.name);
  process.on("warning", listen);
  const drvs = Array.from({ length: 20 }, (_, i) => shop.add({ name: `many-${i}`, script: "sleep 0.1; echo > $out" }));
  const runs = await Promise.all([shop.build(drvs, { maxJobs: 20 }), shop.build(drvs, { maxJobs: 20 })]);
  process.off("warning", listen);
  assert.deepEqual([warnings, runs.map(({ success }) => success)], [[], [true, true]]);
});

test("buildPaths mounts inputs that are symlinks and files", async () => {
  using shop = new BuildWorkshop();
  const file = shop.add({ name: "file", script: "echo content > $out" });
  const link = shop.add({ name: "link", inputs: [file], script: `ln -s ${shop.outputOf(file)} $out` });
  const user = shop.add({
    name: "user",
    inputs: [link],
    script: `test -L ${shop.outputOf(link)}; cat ${shop.outputOf(link)} > $out`,
  });
  assert.equal((await shop.build([user])).success, true);
  assert.equal(readFileSync(shop.store.physicalPath(shop.outputOf(user)), "utf8"), "content\n");
});

test("buildPaths rejects for a derivation that is not in the store", async () => {
  using shop = new BuildWorkshop();
  const drvPath = "/nix/store/00000000000000000000000000000000-none.drv";
  await assert.rejects(buildPaths(shop.store, [{ drvPath }]).result, { name: "AppError" });
  const drv = shop.add({ name: "one", script: "touch $out" });
  await assert.rejects(buildPaths(shop.store, [{ drvPath: drv, outputs: ["doc"] }]).result, {
    code: "STORE_NO_SUCH_OUTPUT",
  });
});
