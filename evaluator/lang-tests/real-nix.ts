/**
 * The oracle of the language tests: real Nix, when it is installed.
 *
 * Programs are answered in batches by one `nix repl` process, since it goes on after an error and a process a program would
 * cost 30 ms each. Every program lies in a file of its own and is imported, so that positions and `./.` are real; a marker
 * line after each tells the answers apart; a lone `)` before the marker ends input that the repl takes for unfinished. When a
 * program ends the process (a stack overflow) or takes too long, the batch goes on after it in a new process.
 */

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Text and messages are byte strings. */
export type Answer =
  | { readonly kind: "value"; readonly shown: string }
  | { readonly kind: "error"; readonly message: string }
  /** The process ended or timed out. */
  | { readonly kind: "died" };

const SHOW_FILE = join(import.meta.dirname, "show.nix");
const MARK = "end-of-answer-";

let version: string | null | undefined;

/** Version of the installed Nix, null when there is none. */
export function realNixVersion(): string | null {
  if (version === undefined) {
    const { stdout } = spawnSync("nix", ["--version"], { encoding: "latin1", env: nixEnvironment() });
    version = /[0-9]+\.[0-9.]+/.exec(stdout ?? "")?.[0] ?? null;
  }
  return version;
}

/** Environment in which real Nix touches nothing of this host. */
export function nixEnvironment(): NodeJS.ProcessEnv {
  const settings = [
    "build-users-group =",
    "experimental-features = nix-command",
    "substituters =",
    "fsync-metadata = false",
  ];
  return {
    ...process.env,
    NIX_CONFIG: settings.join("\n"),
    NIX_REMOTE: "dummy://",
    NIX_PATH: "",
    NO_COLOR: "1",
    TERM: "dumb",
    HOME: tmpdir(),
  };
}

export interface OracleOptions {
  readonly timeoutMs?: number;
  /** With a store of its own, so that programs may add texts, sources and derivations. */
  readonly hasStore?: boolean;
  /** Where the programs lie while they run, `<n>.nix` each; it stays. A temporary one unless told. */
  readonly folder?: string;
}

/** Answers of real Nix to programs (byte strings), each shown by `show.nix`; in the same order. */
export function askRealNix(programs: readonly string[], options: OracleOptions = {}): Answer[] {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "firn-oracle-"));
  try {
    copyFileSync(SHOW_FILE, join(folder, "show.nix"));
    programs.forEach((program, n) => {
      writeFileSync(join(folder, `${n}.nix`), program, "latin1");
    });
    const answers: Answer[] = [];
    while (answers.length < programs.length) {
      answers.push(...runRepl(folder, answers.length, programs.length, options));
      if (answers.length < programs.length) answers.push({ kind: "died" });
    }
    return answers;
  } finally {
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    rmSync(storeBeside(folder), { recursive: true, force: true });
  }
}

/** Beside the programs, so that a program that reads its folder does not see it. */
function storeBeside(folder: string): string {
  return `${folder}-store`;
}

/** Answers from `first` on, up to the program that ended the process. */
function runRepl(
  folder: string,
  first: number,
  end: number,
  { timeoutMs = 30_000, hasStore }: OracleOptions,
): Answer[] {
  let input = "";
  for (let n = first; n < end; n++) input += `import ./show.nix (import ./${n}.nix)\n)\n"${MARK}${n}"\n`;
  // One pipe for both streams, so that answers and errors keep their order.
  const { stdout } = spawnSync("sh", ["-c", "exec nix repl 2>&1"], {
    input,
    cwd: folder,
    encoding: "latin1",
    env: { ...nixEnvironment(), ...(hasStore ? { NIX_REMOTE: `local?root=${storeBeside(folder)}` } : {}) },
    timeout: timeoutMs,
    maxBuffer: 1 << 30,
  });
  return parseReplOutput(stdout, first);
}

function parseReplOutput(output: string, first: number): Answer[] {
  const answers: Answer[] = [];
  let block: string[] = [];
  for (const line of output.split("\n").map(withoutColour)) {
    if (line === `"${MARK}${first + answers.length}"`) {
      answers.push(parseBlock(block));
      block = [];
    } else if (!/^(nix-repl>| {10}(\)|import \.|"end-of))/.test(line)) block.push(line);
  }
  return answers;
}

function withoutColour(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of a terminal
  return line.replaceAll(/\x1b\[[0-9;]*m/g, "");
}

function parseBlock(lines: readonly string[]): Answer {
  const value = lines.find((line) => line.startsWith('"'));
  if (value !== undefined) return { kind: "value", shown: unquote(value) };
  const starts = lines.flatMap((line, n) => (/^error:( |$)/.test(line) ? [n] : []));
  const [start = 0] = starts;
  if (starts.length < 2) return { kind: "error", message: onlyParenthesisFailed(lines) };
  const blank = lines.indexOf("", start);
  const message = lines.slice(start, blank < 0 ? starts[1] : blank).join("\n");
  return { kind: "error", message: message.slice("error:".length).trim() };
}

/** The program's own error was silent: it ended too early, so that the parenthesis became its second line, or has no message. */
function onlyParenthesisFailed(lines: readonly string[]): string {
  const isFirstLine = lines.some((line) => /^ *at .*:1:1:$/.test(line));
  return isFirstLine ? "" : "syntax error, unexpected end of file";
}

function unquote(line: string): string {
  return line.slice(1, -1).replaceAll(/\\(.)/gs, (_, char: string) => ({ n: "\n", r: "\r", t: "\t" })[char] ?? char);
}

/**
 * What `nix-instantiate --eval` with these flags prints for each file, a line each, or the first line of its error. One process serves many files,
 * a new one is started after each error.
 */
export function printWithRealNix(files: readonly string[], flags: readonly string[] = ["--strict"]): Answer[] {
  const answers: Answer[] = [];
  while (answers.length < files.length) {
    const rest = files.slice(answers.length);
    const attributes = rest.map((file, n) => `a${n} = import (/. + ${JSON.stringify(file)});`);
    const selections = rest.flatMap((_, n) => ["-A", `a${n}`]);
    const run = spawnSync("nix-instantiate", ["--eval", ...flags, "-E", `{ ${attributes.join(" ")} }`, ...selections], {
      encoding: "latin1",
      env: nixEnvironment(),
      timeout: 30_000,
      maxBuffer: 1 << 30,
    });
    const printed = run.stdout.split("\n").slice(0, -1);
    answers.push(...printed.map((shown): Answer => ({ kind: "value", shown })));
    if (printed.length < rest.length) answers.push(errorOf(run.stderr));
  }
  return answers;
}

function errorOf(stderr: string): Answer {
  const message = /^error: (.*)$/m.exec(stderr)?.[1];
  return message === undefined ? { kind: "died" } : { kind: "error", message };
}
