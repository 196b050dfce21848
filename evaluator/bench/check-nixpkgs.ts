/**
 * `npm run check:nixpkgs -- <nixpkgs path>`: real Nix and ours must give the same `.drv` paths for the four reference works and
 * for attributes taken at random; an attribute that throws or fails there must do so here. Exit code 1 when anything differs.
 * This file is a command: it prints.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type AttributeAnswer, AttributeAsker, type AttributePath } from "./ask-attributes.ts";
import { allAttributes, sample, shownPath } from "./attribute-sample.ts";
import { measuredRun } from "./measured-run.ts";
import { nixpkgsWorks } from "./nixpkgs-works.ts";
import { commandOf, environmentOf, type Places, type Side } from "./peers.ts";

const USAGE = `usage: npm run check:nixpkgs -- <nixpkgs path> [--count 500] [--seed N] [--attributes a,b.c]
  --count       how many attributes to take at random (0: only the four reference works)
  --seed        the same seed takes the same attributes
  --attributes  compare these and nothing else`;

const BATCH = 25;

interface Compared {
  readonly what: string;
  readonly nix: AttributeAnswer;
  readonly firn: AttributeAnswer;
}

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: "string", default: "500" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      attributes: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [given, ...others] = positionals;
  const count = Number(values.count);
  const seed = Number(values.seed);
  if (values.help) return say(USAGE, 0);
  if (given === undefined || others.length > 0 || !Number.isInteger(count) || !Number.isInteger(seed))
    return say(USAGE, 2);
  const nixpkgs = resolve(given);
  const folder = mkdtempSync(join(tmpdir(), "firn-check-"));
  try {
    const chosen = values.attributes?.split(",").map((path) => path.split("."));
    const works = chosen === undefined ? await compareWorks(nixpkgs, folder) : [];
    const attributes = await compareAttributes(nixpkgs, folder, { chosen, count, seed });
    return summary([...works, ...attributes], nixpkgs, seed);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compareWorks(nixpkgs: string, folder: string): Promise<Compared[]> {
  const compared: Compared[] = [];
  for (const { name, args } of nixpkgsWorks(nixpkgs, folder)) {
    const answer = async (side: Side): Promise<AttributeAnswer> => {
      const places = placesOf(folder, side);
      const run = await measuredRun(commandOf(side, places, args), environmentOf(places));
      return run.exitCode === 0 ? { text: run.stdout.trim() } : { text: "fails", message: run.stderr };
    };
    compared.push(report({ what: name, nix: await answer("nix"), firn: await answer("firn") }));
    say(`${name}: ${compared.at(-1)?.nix.text}`);
  }
  return compared;
}

interface Choice {
  readonly chosen: readonly AttributePath[] | undefined;
  readonly count: number;
  readonly seed: number;
}

async function compareAttributes(nixpkgs: string, folder: string, choice: Choice): Promise<Compared[]> {
  const nix = new AttributeAsker("nix", nixpkgs, placesOf(folder, "nix"));
  const firn = new AttributeAsker("firn", nixpkgs, placesOf(folder, "firn"));
  const paths = choice.chosen ?? (await takeSample(nix, choice));
  const compared: Compared[] = [];
  for (let at = 0; at < paths.length; at += BATCH) {
    const batch = paths.slice(at, at + BATCH);
    const theirs = await nix.ask(batch);
    const ours = await firn.ask(batch);
    for (const [n, path] of batch.entries()) {
      const missing = { text: "no answer" };
      compared.push(report({ what: shownPath(path), nix: theirs[n] ?? missing, firn: ours[n] ?? missing }));
    }
    say(`${compared.length} of ${paths.length} attributes, ${compared.filter(differs).length} differ`);
  }
  return compared;
}

async function takeSample(nix: AttributeAsker, { count, seed }: Choice): Promise<readonly AttributePath[]> {
  if (count === 0) return [];
  const all = await allAttributes(nix);
  say(`${count} of ${all.length} attributes, --seed ${seed}`);
  return sample(all, count, seed);
}

function report(compared: Compared): Compared {
  if (differs(compared)) process.stdout.write(`${JSON.stringify(compared)}\n`);
  return compared;
}

function differs({ nix, firn }: Compared): boolean {
  return nix.text !== firn.text;
}

function summary(compared: readonly Compared[], nixpkgs: string, seed: number): number {
  const different = compared.filter(differs);
  const count = (test: (text: string) => boolean): number => compared.filter(({ nix }) => test(nix.text)).length;
  for (const { what, nix, firn } of different) {
    say(`\n${what}\n  nix   ${nix.text} ${nix.message ?? ""}\n  firn  ${firn.text} ${firn.message ?? ""}`);
    say(`  again: npm run check:nixpkgs -- ${nixpkgs} --attributes ${what}`);
  }
  say(
    `\n${compared.length} compared: ${count((text) => text.endsWith(".drv"))} derivations, ` +
      `${count((text) => text.startsWith("type "))} other values, ${count((text) => text === "throws")} throw, ` +
      `${count((text) => text === "fails")} fail; ${different.length} differ (--seed ${seed})`,
  );
  return different.length === 0 ? 0 : 1;
}

function placesOf(folder: string, side: Side): Places {
  const places = {
    root: join(folder, side, "root"),
    cache: join(folder, side, "cache"),
    modules: join(folder, "modules"),
  };
  for (const path of Object.values(places)) mkdirSync(path, { recursive: true });
  return places;
}

function say(text: string, exitCode = 0): number {
  process.stderr.write(`${text}\n`);
  return exitCode;
}
