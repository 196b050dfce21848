/*
 * The builder of `buildEnv` and `symlinkJoin`: environment variables `out` and `specPath` (a file with JSON). Packages
 * name others that must come along in `nix-support/propagated-user-env-packages`.
 */
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type MergeOptions, mergeTrees, type Source } from "./merge-trees.ts";

interface BuildEnvSpec extends MergeOptions {
  readonly sources: readonly Source[];
  readonly extraPrefix: string;
}

const PROPAGATED_PRIORITY_STEP = 1000;

function buildEnv(out: string, spec: BuildEnvSpec): void {
  const merged = mergeTrees(withPropagated(spec.sources), spec);
  if (merged.conflicts.length > 0) {
    process.stderr.write(`error: several packages have different files at one place\n${merged.conflicts.join("\n")}\n`);
    process.stderr.write("hint: leave one out, or give one a better priority with 'lib.hiPrio'\n");
    process.exit(1);
  }
  const root = join(out, spec.extraPrefix);
  mkdirSync(root, { recursive: true });
  for (const place of merged.folders) mkdirSync(join(root, place), { recursive: true });
  for (const [place, target] of merged.links) symlinkSync(target, join(root, place));
}

function withPropagated(sources: readonly Source[]): Source[] {
  const all = sources.filter(({ path }) => existsSync(path));
  const seen = new Set(all.map(({ path }) => path));
  for (const { path, priority } of all) {
    const list = join(path, "nix-support/propagated-user-env-packages");
    if (!existsSync(list)) continue;
    for (const next of readFileSync(list, "utf8").split(/\s+/)) {
      if (next === "" || seen.has(next)) continue;
      seen.add(next);
      all.push({ path: next, priority: priority + PROPAGATED_PRIORITY_STEP });
    }
  }
  return all;
}

const { out, specPath } = process.env;
if (out === undefined || specPath === undefined) throw new Error("Build environment: 'out' and 'specPath' must be set");
buildEnv(out, JSON.parse(readFileSync(specPath, "utf8")) as BuildEnvSpec);
