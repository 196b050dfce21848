/**
 * Command-line flags declared as data: one table gives parsing, types, help and completion. Nix's tools have flags that
 * take two words (`--arg name expr`, `--option name value`), which util.parseArgs cannot express.
 */
import { AppError } from "#store/std/app-error.ts";

/** `boolean`: present or not; `string`: the last one wins; `list`: repeatable; `pairs`: two words, repeatable. */
export type FlagKind = "boolean" | "string" | "list" | "pairs";

export interface FlagSpec {
  readonly kind: FlagKind;
  readonly help: string;
  /** Other spellings: `-A`, `--attr`. */
  readonly aliases?: readonly string[];
  /** How the value is called in the help: `FILE`; two words for pairs. */
  readonly value?: string;
  /** Taken, but not listed in the help. */
  readonly hidden?: boolean;
}

export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

type FlagValue<K extends FlagKind> = K extends "boolean"
  ? boolean
  : K extends "string"
    ? string | undefined
    : K extends "list"
      ? readonly string[]
      : readonly (readonly [string, string])[];

export type Flags<S extends FlagSpecs> = { readonly [N in keyof S]: FlagValue<S[N]["kind"]> };

export interface ParsedCommandLine<S extends FlagSpecs> {
  readonly flags: Flags<S>;
  readonly operands: readonly string[];
}

/**
 * Parses arguments; flags may stand anywhere, `--` ends them, `--name=value` is the same as `--name value`.
 * @throws AppError `CLI_USAGE` (exit code 2)
 */
export function parseFlags<S extends FlagSpecs>(specs: S, args: readonly string[]): ParsedCommandLine<S> {
  const bySpelling = spellings(specs);
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) values[name] = emptyValue(spec.kind);
  const operands: string[] = [];
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") {
      operands.push(...rest);
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      operands.push(word);
      continue;
    }
    const [spelling, inline] = splitInline(word, bySpelling);
    const name = bySpelling.get(spelling);
    const spec = name === undefined ? undefined : specs[name];
    if (name === undefined || spec === undefined) throw unknownFlag(word, bySpelling);
    if (inline !== undefined) rest.unshift(inline);
    values[name] = take(spec, spelling, values[name], rest);
  }
  // The loop above filled every name by its own spec; the type says the same.
  return { flags: values as Flags<S>, operands };
}

/** `attr` is spelt `--attr`; a name of one letter `-x`; camelCase becomes `--kebab-case`. */
export function mainSpelling(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The flags part of a help page. */
export function describeFlags(specs: FlagSpecs): string {
  const shown = Object.entries(specs).filter(([, { hidden }]) => hidden !== true);
  const rows = shown.map(([name, spec]): [string, string] => {
    const names = [...(spec.aliases ?? []).filter((alias) => !alias.startsWith("--")), mainSpelling(name)].join(", ");
    return [spec.value === undefined ? names : `${names} ${spec.value}`, spec.help];
  });
  const width = Math.min(32, Math.max(0, ...rows.map(([left]) => left.length)));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}

function spellings(specs: FlagSpecs): Map<string, string> {
  const result = new Map<string, string>();
  for (const [name, spec] of Object.entries(specs)) {
    for (const spelling of [mainSpelling(name), ...(spec.aliases ?? [])]) result.set(spelling, name);
  }
  return result;
}

function emptyValue(kind: FlagKind): unknown {
  if (kind === "boolean") return false;
  return kind === "string" ? undefined : [];
}

/** `--name=value`, and `-j4` or `-Ipath` for a known letter. */
function splitInline(word: string, known: ReadonlyMap<string, string>): [string, string | undefined] {
  if (known.has(word)) return [word, undefined];
  const equals = word.indexOf("=");
  if (word.startsWith("--") && equals > 0) return [word.slice(0, equals), word.slice(equals + 1)];
  if (!word.startsWith("--") && known.has(word.slice(0, 2))) return [word.slice(0, 2), word.slice(2)];
  return [word, undefined];
}

function take(spec: FlagSpec, spelling: string, current: unknown, rest: string[]): unknown {
  if (spec.kind === "boolean") return true;
  const first = takeWord(spec, spelling, rest);
  if (spec.kind === "string") return first;
  // emptyValue made it an array for both remaining kinds.
  const list = current as unknown[];
  return spec.kind === "list" ? [...list, first] : [...list, [first, takeWord(spec, spelling, rest)]];
}

function takeWord(spec: FlagSpec, spelling: string, rest: string[]): string {
  const word = rest.shift();
  if (word === undefined) {
    throw new AppError("CLI_USAGE", `Flag '${spelling}' needs ${spec.value ?? "a value"}`, { exitCode: 2 });
  }
  return word;
}

function unknownFlag(word: string, known: ReadonlyMap<string, string>): AppError {
  const near = [...known.keys()].find((spelling) => spelling.startsWith(word) || word.startsWith(spelling));
  const hint = near === undefined ? "--help lists the flags" : `did you mean '${near}'? --help lists the flags`;
  return new AppError("CLI_USAGE", `Unknown flag '${word}'`, { exitCode: 2, hint });
}
