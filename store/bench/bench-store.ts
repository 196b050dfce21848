/**
 * Times the store against real Nix on the same machine, in one run, process against process. Prints a JSON object a line:
 * best wall time of each in ms, and their ratio (below 1: we are faster).
 * `node store/bench/bench-store.ts [--files 5000] [--large-mib 256] [--paths 20000] [--rounds 3]`
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { hashHex } from "../formats/hash.ts";
import { makeTextPath } from "../formats/store-path.ts";
import { deleteTree } from "../local/delete-tree.ts";
import { openLocalStore } from "../local/local-store.ts";

const { values: flags } = parseArgs({
  options: {
    files: { type: "string", default: "5000" },
    "large-mib": { type: "string", default: "256" },
    paths: { type: "string", default: "20000" },
    rounds: { type: "string", default: "3" },
  },
});
const ROUNDS = Number(flags.rounds);
const OPERATION = new URL("./operation.ts", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "firn-bench-"));

function timeMs(command: string, args: readonly string[], stdoutFile: string): number {
  const out = openSync(stdoutFile, "w");
  const env = { ...process.env, HOME: folder, NODE_COMPILE_CACHE: join(folder, "compile-cache") };
  const start = performance.now();
  const result = spawnSync(command, args, { stdio: ["ignore", out, "pipe"], env });
  const elapsedMs = performance.now() - start;
  closeSync(out);
  if (result.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${result.stderr}`);
  return elapsedMs;
}

interface Contest {
  readonly name: string;
  readonly ours: readonly string[];
  readonly nix: readonly string[];
  /** Before each run of either. */
  readonly prepare?: () => void;
}

function run(contest: Contest): void {
  const oursMs: number[] = [];
  const nixMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    contest.prepare?.();
    nixMs.push(timeMs("nix-store", contest.nix, "/dev/null"));
    contest.prepare?.();
    oursMs.push(timeMs(process.execPath, [OPERATION, ...contest.ours], "/dev/null"));
  }
  const best = { ours: Math.min(...oursMs), nix: Math.min(...nixMs) };
  const line = {
    bench: contest.name,
    oursMs: Math.round(best.ours),
    nixMs: Math.round(best.nix),
    ratio: Number((best.ours / best.nix).toFixed(2)),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function makeSmallFiles(path: string): void {
  for (let i = 0; i < Number(flags.files); i++) {
    const parent = join(path, `${i % 97}`, `${i % 7}`);
    mkdirSync(parent, { recursive: true });
    writeFileSync(join(parent, `${i}`), `file ${i}\n`.repeat(i % 200));
  }
}

/** Chains of ten, with a link to the start of another: what closures look like. */
function fillDatabase(root: string): string {
  const store = openLocalStore({ root });
  const paths: string[] = [];
  const infos = Array.from({ length: Number(flags.paths) }, (_, i) => {
    const path = makeTextPath(`path-${i}`, "");
    const references = [paths[i - 1], paths[Math.floor(i / 2)], paths[Math.floor(i / 3)]];
    paths.push(path);
    const known = i % 10 === 0 ? references.slice(1) : references;
    return {
      path,
      narHash: `sha256:${hashHex("sha256", path)}`,
      narSizeBytes: 120,
      references: known.filter((r) => r !== undefined),
    };
  });
  store.registerPaths(infos);
  for (const path of paths) symlinkSync("nowhere", store.physicalPath(path));
  store.close();
  return paths.at(-1) ?? "";
}

function runAll(): void {
  const small = join(folder, "small");
  const large = join(folder, "large");
  makeSmallFiles(small);
  writeFileSync(large, Buffer.alloc(Number(flags["large-mib"]) * 1024 * 1024, "firn is old snow "));
  const root = join(folder, "root");
  const clear = (): void => void deleteTree(root);
  run({ name: "dump-small-files", ours: ["dump", "-", small], nix: ["--dump", small] });
  run({ name: "dump-large-file", ours: ["dump", "-", large], nix: ["--dump", large] });
  run({ name: "add-small-files", ours: ["add", root, small], nix: ["--store", root, "--add", small], prepare: clear });
  run({ name: "add-valid-small-files", ours: ["add", root, small], nix: ["--store", root, "--add", small] });
  run({ name: "add-large-file", ours: ["add", root, large], nix: ["--store", root, "--add", large], prepare: clear });
  const database = join(folder, "database");
  const last = fillDatabase(database);
  const query = (name: string): readonly string[] => ["--store", database, "--query", `--${name}`, last];
  run({ name: "requisites", ours: ["requisites", database, last], nix: query("requisites") });
  run({ name: "referrers", ours: ["referrers", database, last], nix: query("referrers") });
  run({ name: "gc-print-dead", ours: ["print-dead", database], nix: ["--store", database, "--gc", "--print-dead"] });
}

try {
  runAll();
} finally {
  deleteTree(folder);
}
