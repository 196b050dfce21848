/**
 * The differential fuzzer: random programs, answered by real Nix and by us in batches; what differs is shrunk.
 * The same seed makes the same programs in the same order.
 */

import { readCorpus } from "../lang-tests/corpus.ts";
import { compareWithRealNix, type Difference } from "./compare.ts";
import { Generator } from "./generate.ts";
import { addBlanks, breakText } from "./mutate.ts";
import { Random } from "./random.ts";
import { renderTree, shrinkTree, type Tree } from "./tree.ts";

export interface FuzzResult {
  readonly programs: number;
  readonly differences: readonly Difference[];
}

export interface FuzzOptions {
  readonly seed: number;
  readonly seconds: number;
  /** Stops when this many differences were found and shrunk. */
  readonly maxDifferences: number;
  /** Each as soon as it is shrunk, with how many programs were compared so far. */
  readonly onDifference?: (difference: Difference, programs: number) => void;
  /** After each batch. */
  readonly onProgress?: (programs: number) => void;
}

const BATCH = 250;
const SHRINK_ROUNDS = 60;
const SHRINK_BATCH = 60;

export async function fuzz({
  seed,
  seconds,
  maxDifferences,
  onDifference,
  onProgress,
}: FuzzOptions): Promise<FuzzResult> {
  const random = new Random(seed);
  const end = Date.now() + seconds * 1000;
  const differences: Difference[] = [];
  let programs = 0;
  while (Date.now() < end && differences.length < maxDifferences) {
    const batch = Array.from({ length: BATCH }, () => makeProgram(random));
    const results = await compareWithRealNix(batch.map(renderTree));
    programs += batch.length;
    for (const [n, difference] of results.entries()) {
      const program = batch[n];
      if (difference === null || program === undefined || differences.length >= maxDifferences) continue;
      const shrunk = await shrink(program, difference);
      differences.push(shrunk);
      onDifference?.(shrunk, programs);
    }
    onProgress?.(programs);
  }
  return { programs, differences };
}

/** Of twenty programs five are broken, two have odd blanks, three are broken cases of the language tests. */
function makeProgram(random: Random): Tree {
  const kind = random.below(20);
  const [first, ...others] = corpus();
  if (kind < 3 && first !== undefined) return { parts: [breakText(random.pick([first, ...others]), random)] };
  const program = new Generator(random).program();
  if (kind < 8) return { parts: [breakText(renderTree(program), random)] };
  return kind < 10 ? { parts: [addBlanks(renderTree(program), random)] } : program;
}

/** Not those with files or large numbers, or with what the oracle cannot do or does otherwise on purpose. */
const unfit = /\d{4}|fixtures|appendContext|toJSON|convertHash|replaceStrings|langVersion/;
let programs: readonly string[] | undefined;

function corpus(): readonly string[] {
  programs ??= [...readCorpus("okay"), ...readCorpus("parse-fail")]
    .filter(({ program, differs }) => differs === null && !unfit.test(program))
    .map(({ program }) => program);
  return programs;
}

/** Smaller programs as long as one of them still shows a difference of the same kind. */
async function shrink(start: Tree, found: Difference): Promise<Difference> {
  let program = start;
  let difference = found;
  for (let round = 0; round < SHRINK_ROUNDS; round++) {
    const smaller = await firstThatDiffers(candidates(program), difference);
    if (smaller === null) break;
    program = smaller.program;
    difference = smaller.difference;
  }
  return difference;
}

/** Broken text has no tree: then stretches of it are cut out. */
function candidates(program: Tree): Tree[] {
  const [text] = program.parts;
  if (program.parts.length !== 1 || typeof text !== "string") return shrinkTree(program);
  const cuts: Tree[] = [];
  for (let length = text.length >> 1; length >= 1; length = Math.floor(length / 2)) {
    for (let at = 0; at + length <= text.length; at += length) {
      cuts.push({ parts: [text.slice(0, at) + text.slice(at + length)] });
    }
  }
  return cuts;
}

async function firstThatDiffers(
  trees: readonly Tree[],
  wanted: Difference,
): Promise<{ readonly program: Tree; readonly difference: Difference } | null> {
  for (let at = 0; at < Math.min(trees.length, 6 * SHRINK_BATCH); at += SHRINK_BATCH) {
    const batch = trees.slice(at, at + SHRINK_BATCH);
    const results = await compareWithRealNix(batch.map(renderTree));
    for (const [n, difference] of results.entries()) {
      const program = batch[n];
      if (program !== undefined && difference !== null && kindOf(difference) === kindOf(wanted))
        return { program, difference };
    }
  }
  return null;
}

function kindOf({ real, ours }: Difference): string {
  const kind = (answer: string): string => (/^(error|crash|no answer)/.exec(answer) ? answer.slice(0, 30) : "value");
  return `${kind(real)} | ${kind(ours)}`;
}
