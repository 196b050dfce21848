/**
 * The corpus of language tests: folders `okay`, `fail`, `parse-fail` and `not-yet`, a file a topic, in it one program a case:
 *
 *     # case: what it shows
 *     # differs: how the Nix that tests compare with (2.8) differs, when it does
 *     1 + 1
 *
 * Beside each file lies its golden text, `<topic>.exp`, with the same case lines and what is expected under each: the printed
 * value, or the message of the error.
 */

import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Case {
  readonly topic: string;
  readonly name: string;
  /** Byte string. */
  readonly program: string;
  /** Why real Nix 2.8 gives something else. */
  readonly differs: string | null;
  /** Golden text, null when there is none yet. */
  readonly expected: string | null;
  /** Folder of the corpus and number in the topic: where {@link unpackCorpus} puts the program. */
  readonly file: string;
}

export type CorpusFolder = "okay" | "fail" | "parse-fail" | "not-yet";

const HERE = import.meta.dirname;

/** All cases of a folder, in the order of topics and lines. */
export function readCorpus(folder: CorpusFolder): Case[] {
  const files = readdirSync(join(HERE, folder)).filter((file) => file.endsWith(".nix"));
  return files.sort().flatMap((file) => readTopic(folder, file.slice(0, -".nix".length)));
}

function readTopic(folder: CorpusFolder, topic: string): Case[] {
  const goldens = new Map(
    sections(readBytes(goldenFile(folder, topic))).map(({ name, body }) => [name, body.trimEnd()]),
  );
  return sections(readBytes(join(HERE, folder, `${topic}.nix`))).map(({ name, body }, number) => {
    const differs = /^# differs: (.*)\n/.exec(body);
    return {
      topic,
      name,
      program: differs === null ? body : body.slice(differs[0].length),
      differs: differs?.[1] ?? null,
      expected: goldens.get(name) ?? null,
      file: `${folder}/${topic}-${number}.nix`,
    };
  });
}

function sections(text: string): { readonly name: string; readonly body: string }[] {
  const [, ...parts] = `\n${text}`.split("\n# case: ");
  return parts.map((part) => {
    const end = part.indexOf("\n");
    return { name: part.slice(0, end), body: part.slice(end + 1) };
  });
}

function readBytes(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

function goldenFile(folder: CorpusFolder, topic: string): string {
  return join(HERE, folder, `${topic}.exp`);
}

/** Writes golden texts anew; `texts` in the order of `cases`. */
export function writeGoldens(folder: CorpusFolder, cases: readonly Case[], texts: readonly string[]): void {
  for (const topic of new Set(cases.map((one) => one.topic))) {
    const parts = cases.map((one, n) => (one.topic === topic ? `# case: ${one.name}\n${texts[n]}` : null));
    const text = parts.filter((part) => part !== null).join("\n");
    writeFileSync(goldenFile(folder, topic), `${text}\n`, "latin1");
  }
}

/** Puts every program into a file of its own under `root`, and the fixtures that programs import. */
export function unpackCorpus(root: string, cases: readonly Case[]): void {
  cpSync(join(HERE, "fixtures"), join(root, "fixtures"), { recursive: true });
  for (const { file, program } of cases) {
    mkdirSync(join(root, file, ".."), { recursive: true });
    writeFileSync(join(root, file), program, "latin1");
  }
}
