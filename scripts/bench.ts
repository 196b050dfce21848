/**
 * `npm run bench [-- part...]`: measures the parts, each against its peer where it has one, in one run. JSON lines go to
 * standard output, tables and progress to standard error. Absolute times of a shared machine are noise: compare ratios and
 * medians.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { say } from "#cli/output/terminal.ts";

const project = dirname(dirname(fileURLToPath(import.meta.url)));

const parts: Readonly<Record<string, () => boolean>> = {
  /** Kernel start to root shell and to multi-user.target of one machine; round trip of a command. */
  boot: () => runNode("driver/bench/boot.ts"),
  /** Each phase of the main job. */
  job: () => runNode("scripts/start.ts") && printPhases(),
  /** Against real `nix-instantiate`. */
  eval: () => runNode("evaluator/bench/against-nix.ts"),
  /** Against real `nix-store`. */
  store: () => runNode("store/bench/bench-store.ts"),
  /** Fetching a closure from a local cache, against real `nix-store`. */
  substitution: () => runNode("store/bench/substitution.ts"),
  /** Against real `nix-build`. */
  builds: () => runNode("store/bench/builds.ts"),
};

process.exitCode = main(process.argv.slice(2));

function main(names: readonly string[]): number {
  const unknown = names.filter((name) => !(name in parts));
  if (unknown.length > 0) {
    say(`error: There is no bench '${unknown.join("', '")}'\nhint: the benches are ${Object.keys(parts).join(", ")}`);
    return 2;
  }
  const chosen = Object.entries(parts).filter(([name]) => names.length === 0 || names.includes(name));
  const failed = chosen.filter(([name, measure]) => {
    say(`\n--- ${name}`);
    return !measure();
  });
  for (const [name] of failed) say(`error: bench '${name}' failed`);
  return failed.length === 0 ? 0 : 1;
}

function runNode(script: string): boolean {
  return spawnSync(process.execPath, [join(project, script)], { stdio: ["ignore", "inherit", "inherit"] }).status === 0;
}

function printPhases(): boolean {
  const file = join(project, "reports", "start", "phases.json");
  if (!existsSync(file)) return false;
  for (const phase of JSON.parse(readFileSync(file, "utf8")))
    process.stdout.write(`${JSON.stringify({ bench: "job", ...phase })}\n`);
  return true;
}
