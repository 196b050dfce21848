/** Who adds waits for who collects, whichever of the two is real Nix. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { openLocalStore } from "../local-store.ts";
import { storeLayout } from "../store-layout.ts";
import { REAL_NIX_MISSING, temporaryStore } from "./support/temporary-store.ts";

const HOLD_MS = 700;
const script = (name: string): string => new URL(`./support/${name}.ts`, import.meta.url).pathname;

function realNixEnv(root: string): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], HOME: dirname(root), NIX_CONF_DIR: dirname(root) };
}

async function holdCollection(root: string): Promise<{ readonly ended: Promise<unknown> }> {
  const holder = spawn(process.execPath, [script("hold-collection"), root, `${HOLD_MS}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  return { ended: once(holder, "exit") };
}

test("addText waits for our collection", async () => {
  using env = temporaryStore();
  const { ended } = await holdCollection(env.root);
  env.store.addText("foo", "bar", []);
  assert.equal(existsSync(storeLayout(env.root).gcSocketPath), false, "the collection was not over");
  await ended;
});

test("real Nix's additions wait for our collection", { skip: REAL_NIX_MISSING }, async () => {
  using env = temporaryStore();
  writeFileSync(join(env.folder, "file"), "x");
  const { ended } = await holdCollection(env.root);
  const args = ["--store", env.root, "--add", join(env.folder, "file")];
  execFileSync("nix-store", args, { env: realNixEnv(env.root), stdio: "pipe" });
  assert.equal(existsSync(storeLayout(env.root).gcSocketPath), false, "the collection was not over");
  await ended;
});

test("real Nix collecting while we add hurts nothing", { skip: REAL_NIX_MISSING, timeout: 120_000 }, async () => {
  using env = temporaryStore();
  env.store.close();
  const adder = spawn(process.execPath, [script("churn"), env.root, "5", "30"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const error: Buffer[] = [];
  adder.stderr.on("data", (chunk: Buffer) => error.push(chunk));
  const ended = once(adder, "exit");
  let collections = 0;
  while (adder.exitCode === null) {
    const collector = spawn("nix-store", ["--store", env.root, "--gc"], { env: realNixEnv(env.root), stdio: "ignore" });
    const [code] = await once(collector, "exit");
    assert.equal(code, 0);
    collections++;
  }
  assert.deepEqual([await ended, Buffer.concat(error).toString()], [[0, null], ""]);
  assert.ok(collections > 1);
  const store = openLocalStore({ root: env.root });
  assert.deepEqual(store.verify({ checkContents: true }), []);
  store.close();
});

test("a collection that was killed holds up nobody", () => {
  using env = temporaryStore();
  const { gcSocketPath } = storeLayout(env.root);
  mkdirSync(dirname(gcSocketPath), { recursive: true });
  writeFileSync(gcSocketPath, "");
  env.store.addText("foo", "bar", []);
  assert.equal(existsSync(gcSocketPath), false);
});
