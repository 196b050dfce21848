/**
 * `npm run bench:eval -- <nixpkgs path>`: our `nix-instantiate` against the real one on the same tree, process against process
 * and in turn. JSON lines go to standard output, a table to standard error.
 *
 * | mode | store | our parsed files | our whole results |
 * |---|---|---|---|
 * | cold | fresh | none yet | none yet |
 * | warm | fresh | filled | off |
 * | same store | filled | filled | off |
 * | unchanged | filled | filled | filled |
 *
 * Real Nix keeps nothing but its store, so cold and warm stand beside its run with a fresh store, the others beside a filled
 * one. Both must print the same `.drv` path, or the bench fails. This file is a command: it prints.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type BenchRow, formatTable, rowOf } from "./bench-row.ts";
import { type MeasuredRun, measuredRun, type Sample } from "./measured-run.ts";
import { type NixpkgsWork, nixpkgsWorks } from "./nixpkgs-works.ts";
import { commandOf, environmentOf, type Places, type Side } from "./peers.ts";

const USAGE = `usage: npm run bench:eval -- <nixpkgs path> [--rounds 5] [--only hello,firefox,system,nginx,start-up,deep]`;

/** Programs without a tree; how long each may take at most. */
const programs: readonly {
  readonly name: string;
  readonly group: string;
  readonly text: string;
  readonly barMs: number;
}[] = [
  { name: "--eval -E 1", group: "start-up", text: "1", barMs: 120 },
  {
    name: "fold over 1,000,000",
    group: "deep",
    text: "builtins.foldl' (sum: n: sum + n) 0 (builtins.genList (n: n) 1000000)",
    barMs: 2000,
  },
  {
    name: "chain of 1,000,000 thunks",
    group: "deep",
    text: "(builtins.foldl' (sum: n: { value = sum.value + n; }) { value = 0; } (builtins.genList (n: n) 1000000)).value",
    barMs: 2000,
  },
];

const bars: Readonly<Record<string, { readonly cold: number; readonly warm: number; readonly memory: number }>> = {
  hello: { cold: 2, warm: 1, memory: 2 },
  firefox: { cold: 2, warm: 1, memory: 2 },
  system: { cold: 1, warm: 0.7, memory: 1.5 },
  nginx: { cold: 1, warm: 0.7, memory: 1.5 },
};
const UNCHANGED_BAR = 0.3;

/** Turns off what would answer without evaluating. */
const withoutResults = { FIRN_EVAL_CACHE: "0" };

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "5" },
      only: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [nixpkgs, ...others] = positionals;
  const rounds = Number(values.rounds);
  if (values.help) return say(USAGE, 0);
  if (nixpkgs === undefined || others.length > 0 || !(rounds >= 1)) return say(USAGE, 2);
  const folder = mkdtempSync(join(tmpdir(), "firn-bench-"));
  try {
    const only = values.only?.split(",");
    const isChosen = (name: string): boolean => only === undefined || only.includes(name);
    const works = nixpkgsWorks(resolve(nixpkgs), folder).filter(({ name }) => isChosen(name));
    const rows = await runAll(
      folder,
      rounds,
      works,
      programs.filter(({ group }) => isChosen(group)),
    );
    return say(formatTable(rows), 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runAll(
  folder: string,
  rounds: number,
  works: readonly NixpkgsWork[],
  chosen: typeof programs,
): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const add = (row: BenchRow): void => {
    rows.push(row);
    process.stdout.write(`${JSON.stringify(row)}\n`);
  };
  for (const { name, text, barMs } of chosen) {
    const samples = await repeat(rounds, (round) => runProgram(folder, round, text));
    add(rowOf({ work: name, mode: "", barMs, ...samplesOf(samples, "nix", "firn") }));
  }
  for (const work of works) {
    const bar = bars[work.name] ?? { cold: 1, warm: 1, memory: 1 };
    const samples = await repeat(rounds, (round) => runWork(folder, round, work));
    const modes = [
      ["cold", "nixFresh", "cold", bar.cold],
      ["warm", "nixFresh", "warm", bar.warm],
      ["same store", "nixFilled", "sameStore", bar.warm],
      ["unchanged", "nixFilled", "unchanged", UNCHANGED_BAR],
    ] as const;
    for (const [mode, nix, firn, barRatio] of modes)
      add(rowOf({ work: work.name, mode, barRatio, barMemory: bar.memory, ...samplesOf(samples, nix, firn) }));
  }
  return rows;
}

/** Round 0 only warms the kernel's cache of files and Node's of our modules. */
async function repeat<T>(rounds: number, run: (round: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let round = 0; round <= rounds; round++) results.push(await run(round));
  return results.slice(1);
}

function samplesOf<Name extends string>(
  rounds: readonly Readonly<Partial<Record<Name, Sample>>>[],
  nix: Name,
  firn: Name,
): { readonly nix: readonly Sample[]; readonly firn: readonly Sample[] } {
  const pick = (name: Name): Sample[] => rounds.flatMap((round) => round[name] ?? []);
  return { nix: pick(nix), firn: pick(firn) };
}

/** Real Nix has no answer to some deep programs: its stack ends. */
async function runProgram(folder: string, round: number, text: string): Promise<Partial<Record<Side, Sample>>> {
  const places = placesOf(folder, "programs");
  const args = ["--eval", "-E", text];
  const nix = await measuredRun(commandOf("nix", places, args), environmentOf(places));
  const firn = await measuredRun(commandOf("firn", places, args), environmentOf(places, withoutResults));
  if (firn.exitCode !== 0) throw new Error(`${text}: ${firn.stderr}`);
  if (nix.exitCode === 0 && nix.stdout !== firn.stdout) throw new Error(`${text}: ${nix.stdout} != ${firn.stdout}`);
  progress(`program, round ${round}`);
  return nix.exitCode === 0 ? { nix, firn } : { firn };
}

type WorkSamples = Readonly<Record<"nixFresh" | "cold" | "warm" | "nixFilled" | "sameStore" | "unchanged", Sample>>;

async function runWork(folder: string, round: number, work: NixpkgsWork): Promise<WorkSamples> {
  const first = placesOf(folder, `${work.name}-${round}`);
  const nixPlaces = { ...first, root: `${first.root}-nix` };
  const freshStore = { ...first, root: `${first.root}-again` };
  const run = async (side: Side, places: Places, env: NodeJS.ProcessEnv = {}): Promise<MeasuredRun> => {
    const result = await measuredRun(commandOf(side, places, work.args), environmentOf(places, env));
    if (result.exitCode !== 0) throw new Error(`${side}, ${work.name}: ${result.stderr}`);
    return result;
  };
  try {
    const samples = {
      nixFresh: await run("nix", nixPlaces),
      cold: await run("firn", first),
      warm: await run("firn", freshStore, withoutResults),
      nixFilled: await run("nix", nixPlaces),
      sameStore: await run("firn", first, withoutResults),
      unchanged: await run("firn", first),
    };
    const answers = new Set(Object.values(samples).map(({ stdout }) => stdout));
    if (answers.size !== 1) throw new Error(`${work.name}: the answers differ: ${[...answers].join(" ")}`);
    progress(`${work.name}, round ${round}`);
    return samples;
  } finally {
    for (const path of [first.root, nixPlaces.root, freshStore.root, first.cache])
      rmSync(path, { recursive: true, force: true });
  }
}

function placesOf(folder: string, name: string): Places {
  const places = {
    root: join(folder, "root", name),
    cache: join(folder, "cache", name),
    modules: join(folder, "modules"),
  };
  for (const path of Object.values(places)) mkdirSync(path, { recursive: true });
  return places;
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

function say(text: string, exitCode: number): number {
  progress(text);
  return exitCode;
}
