/**
 * A process that works on a store until it is killed: `churn.ts <root> <seed> [rounds]`. It says `ready` once the store is
 * open, and ends by itself after `rounds`. What it adds depends on numbers below a small limit, so that processes meet.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashBytes } from "../../../formats/hash.ts";
import { makeFixedOutputPath, makeTextPath } from "../../../formats/store-path.ts";
import { canonicalizeTree } from "../../canonical.ts";
import { openLocalStore } from "../../local-store.ts";
import { hashAndScanTree } from "../../reference-scan.ts";
import type { Addition } from "../../store-interface.ts";
import { seededRandom } from "./seeded-random.ts";

const [root = "", seed = "1", rounds = "100000"] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const store = openLocalStore({ root });
const scratch = join(root, "..", `churn-${process.pid}`);

function addTexts(): void {
  const base = store.addText(`base-${random(20)}`, "base", []);
  store.addText(`user-${random(20)}`, base, [base]);
}

/** As an evaluation does: many texts at once, each with a reference to the one before. */
function addBatch(): void {
  const additions: Addition[] = [];
  for (let count = 0; count < 20; count++) {
    const references = additions.slice(-1).map(({ path }) => path);
    const contents = `${random(3)} ${references}`;
    const path = makeTextPath(`batch-${count}`, contents, references);
    additions.push({ type: "text", path, contents, references, outputs: null });
  }
  store.addAll(additions);
}

function addTree(): void {
  const source = join(scratch, "tree");
  const number = random(8);
  rmSync(source, { recursive: true, force: true });
  for (let folder = 0; folder < 4; folder++) {
    mkdirSync(join(source, `${folder}`), { recursive: true });
    for (let file = 0; file < 10; file++) writeFileSync(join(source, `${folder}`, `${file}`), `${number} ${file}`);
  }
  store.addPath(`tree-${number}`, source);
}

function addLarge(): void {
  const source = join(scratch, "large");
  const number = random(2);
  mkdirSync(scratch, { recursive: true });
  writeFileSync(source, Buffer.alloc(34 * 1024 * 1024, `${number}`));
  store.addPath(`large-${number}`, source);
}

/** As a builder does: the output grows in its place under a name of its own, then all is registered at once. */
function registerOutputs(): void {
  const number = random(1_000_000_000);
  const dependency = store.addText(`base-${random(20)}`, "base", []);
  const path = makeFixedOutputPath(`output-${number}`, "recursive", hashBytes("sha256", `${number}`));
  store.addTempRoot(path);
  const physical = store.physicalPath(path);
  rmSync(physical, { recursive: true, force: true });
  mkdirSync(physical);
  writeFileSync(join(physical, "file"), `uses ${dependency} and ${path}`);
  canonicalizeTree(physical);
  const { narHash, narSizeBytes, references } = hashAndScanTree(physical, [path, dependency]);
  store.registerPaths([{ path, narHash, narSizeBytes, references }]);
}

process.stdout.write("ready\n");
for (let round = 0; round < Number(rounds); round++) {
  const kind = random(100);
  if (kind < 20) addTexts();
  else if (kind < 40) addBatch();
  else if (kind < 65) addTree();
  else if (kind < 85) registerOutputs();
  else if (kind < 90) addLarge();
  else store.collectGarbage();
}
store.close();
rmSync(scratch, { recursive: true, force: true });
