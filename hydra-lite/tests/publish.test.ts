import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { publishRelease } from "../channels/publish.ts";
import { contentHashOf, contentHashOfFolder, sha256 } from "../channels/release-folder.ts";
import { MemoryLedger } from "./memory-ledger.ts";
import { numberedRelease } from "./numbered-release.ts";
import { tempFolder } from "./temp-folder.ts";

const fileNames = ["binary-cache-url", "git-revision", "nixexprs.tar.xz", "src-url", "store-paths.xz"];
const allNames = [...fileNames.flatMap((name) => [name, `${name}.sha256`]), "index.html"].sort();

/** Asserts that every release is whole and that the pointer, if any, stands at one. Returns its revision's number. */
function requireWhole(channelsFolder: string): number | null {
  const releases = join(channelsFolder, "releases/c");
  for (const release of existsSync(releases) ? readdirSync(releases) : []) {
    const folder = join(releases, release);
    assert.deepEqual(readdirSync(folder).sort(), allNames);
    for (const name of fileNames) {
      const sum = `${sha256(readFileSync(join(folder, name)))}  ${name}\n`;
      assert.equal(readFileSync(join(folder, `${name}.sha256`), "utf8"), sum);
    }
  }
  const revisionFile = join(channelsFolder, "c/git-revision");
  if (!existsSync(join(channelsFolder, "c"))) {
    return null;
  }
  return Number.parseInt(readFileSync(revisionFile, "utf8"), 16);
}

test("publishRelease writes the files of a channel and points at them", async () => {
  using folder = tempFolder("publish");
  const ledger = new MemoryLedger();
  const release = await numberedRelease(1);
  const publication = await publishRelease(ledger, release, { channelsFolder: folder.path });
  assert.deepEqual(publication, {
    moved: true,
    pointer: join(folder.path, "c"),
    releaseName: "c-0.1pre20260101000001.0000001",
    folder: join(folder.path, "releases/c/c-0.1pre20260101000001.0000001"),
    previousRelease: null,
  });
  assert.equal(requireWhole(folder.path), 1);
  assert.equal(readlinkSync(publication.pointer), "releases/c/c-0.1pre20260101000001.0000001");
  const read = (name: string) => readFileSync(join(publication.pointer, name), "utf8");
  assert.equal(read("binary-cache-url"), "file:///cache");
  assert.equal(read("src-url"), `git+file:///src?rev=${release.revision}`);
  assert.match(read("index.html"), /<td><a href="nixexprs\.tar\.xz">nixexprs\.tar\.xz<\/a><\/td><td>200001<\/td>/);
  const paths = execFileSync("xz", ["-dc", join(publication.folder, "store-paths.xz")], { encoding: "utf8" });
  assert.equal(paths, "/nix/store/a\n/nix/store/b\n");
  assert.equal(contentHashOfFolder(publication.folder), contentHashOf(release.files));
  assert.equal(ledger.releases[0]?.contentHash, contentHashOf(release.files));
  assert.deepEqual(readdirSync(join(folder.path, "releases/c")), [release.releaseName]);
});

test("publishRelease of the same release again leaves all as it is", async () => {
  using folder = tempFolder("publish");
  const ledger = new MemoryLedger();
  const options = { channelsFolder: folder.path };
  await publishRelease(ledger, await numberedRelease(1), options);
  const again = await publishRelease(ledger, await numberedRelease(1), options);
  assert.equal(again.moved, false);
  assert.equal(again.previousRelease, "c-0.1pre20260101000001.0000001");
  assert.equal(ledger.moves.length, 1);
});

test("publishRelease moves forward, and back only when forced", async () => {
  using folder = tempFolder("publish");
  const ledger = new MemoryLedger();
  const options = { channelsFolder: folder.path };
  await publishRelease(ledger, await numberedRelease(1), options);
  await publishRelease(ledger, await numberedRelease(2), options);
  await assert.rejects(publishRelease(ledger, await numberedRelease(1), options), { code: "HYDRA_WOULD_GO_BACK" });
  assert.equal(requireWhole(folder.path), 2);
  // A lost database changes nothing: the name of the release says how old it is.
  await assert.rejects(publishRelease(new MemoryLedger(), await numberedRelease(1), options), {
    code: "HYDRA_WOULD_GO_BACK",
  });
  await publishRelease(ledger, await numberedRelease(1), { ...options, force: true });
  assert.equal(requireWhole(folder.path), 1);
  assert.deepEqual(
    ledger.moves.map(({ reason }) => reason),
    ["evaluation 1 passed", "evaluation 2 passed", "evaluation 1 passed (forced)"],
  );
});

test("publishRelease never changes a release that stands", async () => {
  using folder = tempFolder("publish");
  const release = await numberedRelease(1);
  await publishRelease(new MemoryLedger(), release, { channelsFolder: folder.path });
  const other = { ...release, files: release.files.filter(({ name }) => name !== "src-url") };
  await assert.rejects(publishRelease(new MemoryLedger(), other, { channelsFolder: folder.path }), {
    code: "HYDRA_RELEASE_DIFFERS",
  });
  assert.equal(requireWhole(folder.path), 1);
});

test("publishRelease refuses a pointer that is a folder, and names that are paths", async () => {
  using folder = tempFolder("publish");
  mkdirSync(join(folder.path, "c"));
  const release = await numberedRelease(1);
  const publish = (fields: object) =>
    publishRelease(new MemoryLedger(), { ...release, ...fields }, { channelsFolder: folder.path });
  await assert.rejects(publish({}), { code: "HYDRA_POINTER_TAKEN" });
  for (const channel of ["../c", ".c", "", "releases"]) {
    await assert.rejects(publish({ channel }), { code: "HYDRA_BAD_NAME" });
  }
});

test("publishRelease notes a move that the log lacks", async () => {
  using folder = tempFolder("publish");
  await publishRelease(new MemoryLedger(), await numberedRelease(1), { channelsFolder: folder.path });
  const ledger = new MemoryLedger();
  await publishRelease(ledger, await numberedRelease(2), { channelsFolder: folder.path });
  assert.deepEqual(
    ledger.moves.map(({ fromRelease, toRelease }) => [fromRelease, toRelease]),
    [
      [null, "c-0.1pre20260101000001.0000001"],
      ["c-0.1pre20260101000001.0000001", "c-0.1pre20260101000002.0000002"],
    ],
  );
});

test("publishRelease clears what a killed process left in its work folder", async () => {
  using folder = tempFolder("publish");
  mkdirSync(join(folder.path, ".publish/release"), { recursive: true });
  writeFileSync(join(folder.path, ".publish/release/half"), "");
  symlinkSync("nowhere", join(folder.path, ".c.new"));
  await publishRelease(new MemoryLedger(), await numberedRelease(1), { channelsFolder: folder.path });
  assert.equal(requireWhole(folder.path), 1);
  assert.deepEqual(readdirSync(folder.path).sort(), [".publish", "c", "releases"]);
});

const program = new URL("./publishing-process.ts", import.meta.url).pathname;
const startPublishing = (...args: string[]) =>
  spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });

test("publishRelease killed before any of its steps leaves the old or the new release, whole", async () => {
  const steps = await countSteps();
  assert.ok(steps > 10, `only ${steps} steps`);
  for (let step = 1; step <= steps; step += 1) {
    using folder = tempFolder("publish-kill");
    await publishRelease(new MemoryLedger(), await numberedRelease(1), { channelsFolder: folder.path });
    const [code, signal] = await once(startPublishing(folder.path, "2", String(step)), "close");
    assert.deepEqual([code, signal], [null, "SIGKILL"]);
    const number = requireWhole(folder.path);
    assert.ok(number === 1 || number === 2, `pointer at ${number} after a kill before step ${step}`);
    await publishRelease(new MemoryLedger(), await numberedRelease(2), { channelsFolder: folder.path });
    assert.equal(requireWhole(folder.path), 2);
  }
});

async function countSteps(): Promise<number> {
  using folder = tempFolder("publish-count");
  const child = startPublishing(folder.path, "1", "0");
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  await once(child, "close");
  return Number(/steps (\d+)/.exec(output)?.[1]);
}

test("publishRelease killed at random moments leaves whole releases", async (t) => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
  t.diagnostic(`SEED=${seed}`);
  const random = seededRandom(seed);
  using folder = tempFolder("publish-random");
  let before = 0;
  for (let round = 0; round < 6; round += 1) {
    const child = startPublishing(folder.path, String(before + 1));
    const closed = once(child, "close");
    await once(child.stdout, "data");
    await setTimeout(random() * 100);
    child.kill("SIGKILL");
    await closed;
    const now = requireWhole(folder.path) ?? 0;
    assert.ok(now > before, `at ${now} after ${before}`);
    before = now;
  }
});

/** Numbers in [0, 1) that the seed decides (Park and Miller's generator). */
function seededRandom(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}
