/**
 * `node store/bench/builds.ts [count]`: trivial derivations, built by us and by real Nix (where it is installed), each in
 * its own sandbox, one and two at a time. Prints a line of JSON a case. Real Nix is asked twice for its own start-up.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BuildWorkshop } from "../tests/build-workshop.ts";

const count = Number(process.argv[2] ?? 200);
const NIX_SETTINGS = { "build-users-group": "", sandbox: "true", substitute: "false" };

function nixArguments(root: string, maxJobs: number): string[] {
  const settings = Object.entries({ ...NIX_SETTINGS, "max-jobs": String(maxJobs) });
  return ["--store", root, ...settings.flatMap(([name, value]) => ["--option", name, value])];
}

function report(tool: string, maxJobs: number, elapsedMs: number): void {
  const perBuildMs = Number((elapsedMs / count).toFixed(2));
  console.log(
    JSON.stringify({ bench: "trivial-builds", tool, count, maxJobs, elapsedMs: Math.round(elapsedMs), perBuildMs }),
  );
}

function addTrivial(shop: BuildWorkshop): string[] {
  return Array.from({ length: count }, (_, i) => shop.add({ name: `trivial-${i}`, script: `echo ${i} > $out` }));
}

async function benchOurs(maxJobs: number): Promise<void> {
  using shop = new BuildWorkshop();
  const drvs = addTrivial(shop);
  const startMs = performance.now();
  const { success } = await shop.build(drvs, { maxJobs });
  if (!success) throw new Error("A build failed");
  report("firn", maxJobs, performance.now() - startMs);
}

function benchNix(maxJobs: number): void {
  using shop = new BuildWorkshop();
  const drvs = addTrivial(shop);
  const root = mkdtempSync(join(tmpdir(), "firn-bench-nix-"));
  const options = { maxBuffer: 2 ** 28, stdio: ["pipe", "pipe", "ignore"] as ["pipe", "pipe", "ignore"] };
  const closure = execFileSync(
    "nix-store",
    ["--store", shop.root, "--export", ...shop.store.computeClosure(drvs)],
    options,
  );
  execFileSync("nix-store", ["--store", root, "--import"], { ...options, input: closure });
  const startMs = performance.now();
  execFileSync("nix-store", [...nixArguments(root, maxJobs), "--realise", ...drvs], options);
  report("nix", maxJobs, performance.now() - startMs);
  execFileSync("chmod", ["-R", "u+w", root]);
  rmSync(root, { recursive: true });
}

const hasNix = spawnSync("nix-store", ["--version"]).status === 0;
for (const maxJobs of [1, 2]) {
  await benchOurs(maxJobs);
  if (hasNix) benchNix(maxJobs);
}
