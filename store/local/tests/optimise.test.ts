/** kill -9 at seeded moments of linking equal files: nothing is damaged, and the next run ends the work. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { openLocalStore } from "../local-store.ts";
import { seededRandom } from "./support/seeded-random.ts";
import { temporaryStore } from "./support/temporary-store.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const MOMENTS = Number(process.env["FAULT_MOMENTS"] ?? 10);
const FILES = 150;
const CHILD = `
  const { openLocalStore } = await import(${JSON.stringify(new URL("../local-store.ts", import.meta.url).href)});
  const store = openLocalStore({ root: process.argv[1] });
  process.stdout.write("go");
  store.optimise();
`;

function makeTwins(folder: string): string[] {
  const trees = ["one", "two"].map((name) => join(folder, name));
  for (const tree of trees) {
    mkdirSync(join(tree, "sub"), { recursive: true });
    for (let i = 0; i < FILES; i++) writeFileSync(join(tree, i % 2 === 0 ? "." : "sub", `f${i}`), `contents ${i}`);
  }
  return trees;
}

async function optimiseAndKill(root: string, afterMs: number): Promise<void> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", CHILD, root], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  await setTimeout(afterMs);
  child.kill("SIGKILL");
  await ended;
}

test("a killed optimisation harms nothing and can be repeated", async (t) => {
  t.diagnostic(`SEED=${SEED} FAULT_MOMENTS=${MOMENTS}`);
  const random = seededRandom(SEED);
  let unfinished = 0;
  for (let moment = 0; moment < MOMENTS; moment++) {
    using env = temporaryStore();
    const paths = makeTwins(env.folder).map((tree) => env.store.addPath(tree.endsWith("one") ? "one" : "two", tree));
    await optimiseAndKill(env.root, random(40));
    assert.deepEqual(env.store.verify({ checkContents: true }), []);
    if (env.store.optimise().filesLinked > 0) unfinished++;
    assert.deepEqual(env.store.verify({ checkContents: true }), []);
    assert.deepEqual(env.store.optimise(), { filesLinked: 0, freedBytes: 0 });
    for (const path of paths) {
      const physical = env.store.physicalPath(path);
      for (const entry of readdirSync(physical, { recursive: true, withFileTypes: true })) {
        const { nlink, mode } = lstatSync(join(entry.parentPath, entry.name));
        // one link in .links, one in each tree; a kill may have left a spare one, which the collection below takes
        if (entry.isFile()) assert.ok(nlink === 3 || nlink === 4, `${entry.name}: ${nlink}`);
        else assert.equal(mode & 0o777, 0o555, entry.name);
      }
      assert.equal(lstatSync(physical).mode & 0o777, 0o555);
      assert.equal(lstatSync(physical).mtimeMs, 1000);
    }
    // With its temporary roots.
    env.store.close();
    const reopened = openLocalStore({ root: env.root });
    reopened.collectGarbage();
    reopened.close();
    assert.deepEqual(readdirSync(join(env.root, "nix/store")), [".links"]);
    assert.deepEqual(readdirSync(join(env.root, "nix/store/.links")), []);
  }
  t.diagnostic(`${unfinished} of ${MOMENTS} were killed before they were done`);
});
