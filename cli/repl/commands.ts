/** The commands of `firn repl`, by Nix's names. */
import { resolve } from "node:path";
import type { EvaluatedDerivation, Session } from "#evaluator/api.ts";
import { AppError } from "#store/std/app-error.ts";
import { openStore } from "../open-store.ts";
import { bold, dim, paper } from "../output/terminal.ts";
import { realise } from "../realise.ts";
import { linkResults } from "../result-links.ts";
import { editFile, runShell } from "./programs.ts";

export interface ReplContext {
  readonly session: Session;
  readonly storeFlag: string | undefined;
  /** What `:l` loaded, for `:r`. */
  readonly loaded: string[];
  print(text: string): Promise<void>;
  /** Of what runs now. */
  signal(): AbortSignal;
  /** Runs something that takes the terminal. */
  outside<T>(action: () => Promise<T>): Promise<T>;
  leave(): void;
}

interface ReplCommand {
  readonly names: readonly string[];
  readonly argument: string;
  readonly help: string;
  run(argument: string, context: ReplContext): Promise<void> | void;
}

const commands: readonly ReplCommand[] = [
  { names: [], argument: "EXPR", help: "evaluate and print; sets and lists inside are shortened", run: () => {} },
  { names: [], argument: "NAME = EXPR", help: "define a variable", run: () => {} },
  { names: ["p", "print"], argument: "EXPR", help: "evaluate and print all of it", run: printAll },
  { names: ["t"], argument: "EXPR", help: "tell the type", run: tellType },
  { names: ["doc"], argument: "EXPR", help: "show documentation of a builtin or a function", run: document },
  { names: ["a", "add"], argument: "EXPR", help: "make the attributes of a set variables", run: addAttributes },
  { names: ["l", "load"], argument: "FILE", help: "the same for the set in a file or folder", run: load },
  { names: ["r", "reload"], argument: "", help: "forget everything and load those files again", run: reload },
  {
    names: ["e", "edit"],
    argument: "EXPR",
    help: "open where a package or function is defined, then reload",
    run: edit,
  },
  {
    names: ["b"],
    argument: "EXPR",
    help: "build a derivation",
    run: async (text, context) => void (await build(text, context)),
  },
  { names: ["bl"], argument: "EXPR", help: "build it and link the result", run: buildAndLink },
  { names: ["u"], argument: "EXPR", help: "build it and start a shell with its programs", run: use },
  { names: ["log"], argument: "EXPR", help: "show the log of its build", run: showLog },
  {
    names: ["te", "trace-enable"],
    argument: "[BOOL]",
    help: "show every step that led to an error, or no longer",
    run: showTrace,
  },
  { names: ["q", "quit"], argument: "", help: "leave", run: (_text, { leave }) => leave() },
  { names: ["?", "h", "help"], argument: "", help: "this list", run: (_text, { print }) => print(helpText()) },
];

export const commandNames: readonly string[] = commands.flatMap(({ names }) => names.map((name) => `:${name}`));

/** @throws AppError `REPL_NO_COMMAND` */
export function commandNamed(name: string): ReplCommand {
  const found = commands.find(({ names }) => names.includes(name));
  if (found !== undefined) return found;
  throw new AppError("REPL_NO_COMMAND", `There is no command ':${name}'`, { hint: "':?' lists the commands" });
}

function helpText(): string {
  const rows = commands.map(({ names, argument, help }): [string, string] => [
    [names.map((name) => `:${name}`).join(", "), argument].filter((part) => part !== "").join(" "),
    help,
  ]);
  const width = Math.max(...rows.map(([left]) => left.length));
  return `${rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n")}\n`;
}

async function printAll(text: string, { session, print }: ReplContext): Promise<void> {
  const result = await session.call("line", { text, depth: "deep", ...paper() });
  if (result.type === "value") await print(`${result.text}\n`);
}

/** Without an argument the opposite of what was, as in Nix. */
async function showTrace(text: string, { session, print }: ReplContext): Promise<void> {
  if (!["", "true", "false"].includes(text)) {
    throw new AppError("REPL_BAD_ARGUMENT", `':te' takes 'true' or 'false', not '${text}'`);
  }
  const isShown = await session.call("showTrace", text === "" ? null : text === "true");
  await print(isShown ? "showing error traces\n" : "not showing error traces\n");
}

async function tellType(text: string, { session, print }: ReplContext): Promise<void> {
  await print(`${await session.call("typeOf", text)}\n`);
}

async function document(text: string, { session, print }: ReplContext): Promise<void> {
  const { signature, text: body, place } = await session.call("documentation", text);
  const where = place === null ? "" : `${dim(`${place.file}:${place.line}`)}\n`;
  await print(`${bold(signature)}\n${where}\n${wrap(body, paper().width - 4)}\n`);
}

/** Text in lines of a width, indented; what is indented already is code and stays as it is. */
function wrap(text: string, width: number): string {
  const lines = text.split("\n").flatMap((line) => (/^\s/.test(line) ? [line] : wrapLine(line, width)));
  return lines.map((line) => `  ${line}`.trimEnd()).join("\n");
}

function wrapLine(line: string, width: number): string[] {
  const rows: string[] = [""];
  for (const word of line.split(" ")) {
    const row = rows.at(-1) ?? "";
    if (row === "") rows[rows.length - 1] = word;
    else if (row.length + 1 + word.length > width) rows.push(word);
    else rows[rows.length - 1] = `${row} ${word}`;
  }
  return rows;
}

async function addAttributes(text: string, { session, print }: ReplContext): Promise<void> {
  await print(counted(await session.call("addAttributes", text)));
}

async function load(file: string, context: ReplContext): Promise<void> {
  if (file === "") throw new AppError("REPL_USAGE", "':l' needs a file");
  const { session, print, loaded } = context;
  // `<nixpkgs>` is found by the session.
  const names = file.startsWith("<")
    ? await session.call("addAttributes", `import ${file}`)
    : await session.call("load", resolve(file));
  if (!loaded.includes(file)) loaded.push(file);
  await print(counted(names));
}

async function reload(_text: string, context: ReplContext): Promise<void> {
  context.session.reset();
  for (const file of context.loaded) await load(file, context);
}

function counted(names: readonly string[]): string {
  const some = names.length > 8 ? "" : `: ${names.join(", ")}`;
  return `Added ${names.length} variable${names.length === 1 ? "" : "s"}${some}\n`;
}

async function edit(text: string, context: ReplContext): Promise<void> {
  const { session, outside } = context;
  const place = await session.call("place", text);
  await outside(() => editFile(place));
  await reload("", context);
}

async function derivationsOf(text: string, { session }: ReplContext): Promise<readonly EvaluatedDerivation[]> {
  const found = await session.call("derivations", text);
  if (found.length > 0) return found;
  throw new AppError("REPL_NO_DERIVATION", "There is no derivation in it", { hint: "':t' tells the type of a value" });
}

async function build(text: string, context: ReplContext): Promise<string[]> {
  const derivations = await derivationsOf(text, context);
  const store = await openStore(context.storeFlag);
  try {
    const targets = derivations.map(({ drvPath, outputs }) => ({ drvPath, outputs: Object.keys(outputs) }));
    const results = await realise(store, targets, { signal: context.signal() });
    for (const { outputs } of results) {
      const rows = Object.entries(outputs).map(([name, path]) => `  ${name} -> ${path}\n`);
      await context.print(`This derivation produced the following outputs:\n${rows.join("")}`);
    }
    return results.flatMap(({ outputs }) => Object.values(outputs));
  } finally {
    store.close();
  }
}

async function buildAndLink(text: string, context: ReplContext): Promise<void> {
  const paths = await build(text, context);
  const store = await openStore(context.storeFlag);
  try {
    for (const link of linkResults(store, paths, resolve("result"))) await context.print(`${link}\n`);
  } finally {
    store.close();
  }
}

async function use(text: string, context: ReplContext): Promise<void> {
  const paths = await build(text, context);
  const store = await openStore(context.storeFlag);
  store.close();
  await context.outside(() => runShell(store.root, paths));
}

async function showLog(text: string, context: ReplContext): Promise<void> {
  const { readBuildLog } = await import("#store/api.ts");
  const store = await openStore(context.storeFlag);
  try {
    for (const { drvPath, name } of await derivationsOf(text, context)) {
      const log = await readBuildLog(store.root, drvPath);
      if (log === null) {
        throw new AppError("REPL_NO_LOG", `There is no log of '${name}'`, { hint: "':b' builds it here" });
      }
      await context.print(log.toString());
    }
  } finally {
    store.close();
  }
}
