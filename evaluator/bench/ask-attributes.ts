/**
 * Asks one side about many attributes of a tree, each by itself in effect: they are asked in batches, and a batch that ends
 * with an error that Nix code cannot catch is halved until the attribute at fault stands alone.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type MeasuredRun, measuredRun } from "./measured-run.ts";
import { commandOf, environmentOf, type Places, type Side } from "./peers.ts";

export type AttributePath = readonly string[];

export interface AttributeAnswer {
  /** A `.drv` path, `type set` and the like, `throws` (what `tryEval` catches), or `fails` (what it does not catch). */
  readonly text: string;
  /** The error of what `fails`. */
  readonly message?: string;
}

const ASK_FILE = join(import.meta.dirname, "ask-attributes.nix");
const LIST_FILE = join(import.meta.dirname, "list-attributes.nix");
/** Real Nix must not build, and neither must we. */
const FLAGS = ["--eval", "--strict", "--json", "--read-write-mode"];
const NO_BUILDS = ["--option", "allow-import-from-derivation", "false"];

export class AttributeAsker {
  readonly #side: Side;
  readonly #tree: string;
  readonly #places: Places;

  constructor(side: Side, tree: string, places: Places) {
    this.#side = side;
    this.#tree = tree;
    this.#places = places;
  }

  async ask(paths: readonly AttributePath[]): Promise<AttributeAnswer[]> {
    return this.#halving(paths, ASK_FILE, "pathsFile", answerOf, (message) => ({ text: "fails", message }));
  }

  /** All names at the top of the tree. */
  async topLevel(): Promise<readonly string[]> {
    const run = await this.#run(LIST_FILE, []);
    if (run.exitCode !== 0) throw new Error(`${this.#tree}: ${run.stderr}`);
    return namesOf(JSON.parse(run.stdout)) ?? [];
  }

  /** Names in each of these attributes of the top level; null for one that fails or is no set of packages. */
  async membersOf(sets: readonly string[]): Promise<(readonly string[] | null)[]> {
    return this.#halving(sets, LIST_FILE, "sets", namesOf, () => null);
  }

  async #halving<Question, Answer>(
    questions: readonly Question[],
    file: string,
    argument: string,
    read: (json: unknown) => Answer,
    failed: (message: string) => Answer,
  ): Promise<Answer[]> {
    const questionsFile = join(this.#places.cache, "questions.json");
    writeFileSync(questionsFile, JSON.stringify(questions));
    const run = await this.#run(file, ["--arg", argument, questionsFile]);
    if (run.exitCode === 0) {
      const answers: unknown = JSON.parse(run.stdout);
      return Array.isArray(answers) ? answers.map(read) : [];
    }
    if (questions.length === 1) return [failed(errorOf(run.stderr))];
    const middle = questions.length >> 1;
    return [
      ...(await this.#halving(questions.slice(0, middle), file, argument, read, failed)),
      ...(await this.#halving(questions.slice(middle), file, argument, read, failed)),
    ];
  }

  #run(file: string, args: readonly string[]): Promise<MeasuredRun> {
    const command = [...FLAGS, ...NO_BUILDS, file, "--arg", "tree", this.#tree, ...args];
    return measuredRun(commandOf(this.#side, this.#places, command), environmentOf(this.#places));
  }
}

function answerOf(json: unknown): AttributeAnswer {
  if (json === null || typeof json !== "object") return { text: "throws" };
  if ("drv" in json) return { text: String(json.drv) };
  return { text: `type ${"type" in json ? String(json.type) : "?"}` };
}

function namesOf(json: unknown): readonly string[] | null {
  return Array.isArray(json) ? json.map(String) : null;
}

function errorOf(stderr: string): string {
  return /^error: .*/m.exec(stderr)?.[0] ?? stderr.slice(-400);
}
