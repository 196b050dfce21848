/**
 * `.drv` files: an ATerm `Derive(outputs,inputDrvs,inputSrcs,platform,builder,args,env)`. The printer's output is
 * hashed into store paths, so it is exact to the byte: lists sorted, and only `"`, `\`, newline, return and tab escaped.
 * The parser is strict; whatever it accepts in canonical order prints back to the same bytes.
 */
import { AppError } from "../std/app-error.ts";
import { compareBytes } from "../std/byte-string.ts";
import type { Derivation, DerivationOutput } from "./derivation-type.ts";

const MUST_ESCAPE = /["\\\n\r\t]/;
const ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const UNESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function quote(text: string): string {
  return MUST_ESCAPE.test(text) ? `"${text.replace(/["\\\n\r\t]/g, (c) => ESCAPES[c] ?? c)}"` : `"${text}"`;
}

function quoteList(items: readonly string[]): string {
  let text = "[";
  for (let index = 0; index < items.length; index++) text += (index === 0 ? "" : ",") + quote(items[index] as string);
  return `${text}]`;
}

function sortedDistinct(items: readonly string[]): readonly string[] {
  return items.length < 2 ? items : [...new Set(items)].sort(compareBytes);
}

function sortedKeys(map: ReadonlyMap<string, unknown>): string[] {
  return [...map.keys()].sort(compareBytes);
}

/** The list of input derivations; keyed by path as it is written, by hash as it is hashed. */
function inputsText(inputDrvs: Derivation["inputDrvs"]): string {
  let text = "";
  for (const key of sortedKeys(inputDrvs)) {
    text += `${text === "" ? "" : ","}(${quote(key)},${quoteList(sortedDistinct(inputDrvs.get(key) ?? []))})`;
  }
  return text;
}

/** What stands in for parts of a derivation when it is hashed rather than written. */
export interface SerializeOptions {
  /** Instead of its own, output name -> path; they are also the environment variables named after outputs. */
  readonly paths?: ReadonlyMap<string, string>;
  /** Instead of the input derivations' paths: their hashes. */
  readonly inputDrvs?: Derivation["inputDrvs"];
}

/**
 * Prints one derivation several times: each is hashed with its output paths blanked, hashed with them, and written. What
 * these have in common is quoted and put together once.
 */
export class DerivationPrinter {
  readonly #derivation: Derivation;
  readonly #outputNames: readonly string[];
  /** Sources, platform, builder and arguments. */
  readonly #middle: string;
  /** The environment in pieces; between each and the next stands the value of an output's variable. */
  readonly #env: readonly string[];
  readonly #envOutputs: readonly string[];

  constructor(derivation: Derivation) {
    const { outputs, inputSrcs, platform, builder, args, env } = derivation;
    this.#derivation = derivation;
    this.#outputNames = sortedKeys(outputs);
    const program = `${quote(platform)},${quote(builder)},${quoteList(args)}`;
    this.#middle = `${quoteList(sortedDistinct(inputSrcs))},${program}`;
    const pieces: string[] = [];
    const envOutputs: string[] = [];
    let piece = "";
    for (const [index, name] of sortedKeys(env).entries()) {
      piece += `${index === 0 ? "" : ","}(${quote(name)},`;
      if (outputs.has(name)) {
        pieces.push(piece);
        envOutputs.push(name);
        piece = ")";
      } else piece += `${quote(env.get(name) ?? "")})`;
    }
    pieces.push(piece);
    this.#env = pieces;
    this.#envOutputs = envOutputs;
  }

  print(options: SerializeOptions = {}): string {
    const { outputs } = this.#derivation;
    const { paths } = options;
    let text = "Derive([";
    for (const [index, name] of this.#outputNames.entries()) {
      const output = outputs.get(name);
      if (output === undefined) continue;
      const path = quote(paths === undefined ? output.path : (paths.get(name) ?? ""));
      text += `${index === 0 ? "" : ","}(${quote(name)},${path},${quote(output.hashAlgorithm)},${quote(output.hash)})`;
    }
    const inputs = inputsText(options.inputDrvs ?? this.#derivation.inputDrvs);
    return `${text}],[${inputs}],${this.#middle},[${this.#envText(paths)}])`;
  }

  #envText(paths: ReadonlyMap<string, string> | undefined): string {
    let text = this.#env[0] ?? "";
    for (const [index, name] of this.#envOutputs.entries()) {
      const value = paths === undefined ? this.#derivation.env.get(name) : paths.get(name);
      text += quote(value ?? "") + this.#env[index + 1];
    }
    return text;
  }
}

/** The exact bytes, as a byte string, that Nix writes for this derivation. */
export function serializeDerivation(derivation: Derivation): string {
  return new DerivationPrinter(derivation).print();
}

/**
 * Reads a `.drv` file.
 * @param text byte string
 * @throws AppError `STORE_BAD_DERIVATION` with the offset of the fault
 */
export function parseDerivation(text: string): Derivation {
  const reader = new AtermReader(text);
  reader.expect("Derive(");
  const outputs = readMap(reader, readOutput);
  reader.expect(",");
  const inputDrvs = readMap(reader, readInputDrv);
  reader.expect(",");
  const inputSrcs = reader.list(() => readPath(reader));
  reader.expect(",");
  const platform = reader.string();
  reader.expect(",");
  const builder = reader.string();
  reader.expect(",");
  const args = reader.list(() => reader.string());
  reader.expect(",");
  const env = readMap(reader, readVariable);
  reader.expect(")");
  reader.expectEnd();
  return { outputs, inputDrvs, inputSrcs, platform, builder, args, env };
}

function readMap<T>(reader: AtermReader, readEntry: (reader: AtermReader) => [string, T]): Map<string, T> {
  const map = new Map<string, T>();
  reader.list(() => {
    reader.expect("(");
    const [key, value] = readEntry(reader);
    if (map.has(key)) reader.fail(`'${key}' is there twice`);
    map.set(key, value);
    reader.expect(")");
  });
  return map;
}

function readOutput(reader: AtermReader): [string, DerivationOutput] {
  const name = reader.string();
  reader.expect(",");
  const path = reader.string();
  if (path !== "" && !path.startsWith("/")) reader.fail(`'${path}' is not an absolute path`);
  reader.expect(",");
  const hashAlgorithm = reader.string();
  reader.expect(",");
  return [name, { path, hashAlgorithm, hash: reader.string() }];
}

function readInputDrv(reader: AtermReader): [string, string[]] {
  const path = readPath(reader);
  reader.expect(",");
  return [path, reader.list(() => reader.string())];
}

function readVariable(reader: AtermReader): [string, string] {
  const name = reader.string();
  reader.expect(",");
  return [name, reader.string()];
}

function readPath(reader: AtermReader): string {
  const path = reader.string();
  if (!path.startsWith("/")) reader.fail(`'${path}' is not an absolute path`);
  return path;
}

class AtermReader {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  fail(why: string): never {
    throw new AppError("STORE_BAD_DERIVATION", `Cannot parse derivation at offset ${this.#offset}: ${why}`);
  }

  expect(token: string): void {
    if (!this.#text.startsWith(token, this.#offset)) this.fail(`expected '${token}'`);
    this.#offset += token.length;
  }

  expectEnd(): void {
    if (this.#offset !== this.#text.length) this.fail("expected the end");
  }

  list<T>(readItem: () => T): T[] {
    const items: T[] = [];
    this.expect("[");
    if (this.#text[this.#offset] === "]") {
      this.#offset++;
      return items;
    }
    for (;;) {
      items.push(readItem());
      if (this.#text[this.#offset] === "]") break;
      this.expect(",");
    }
    this.#offset++;
    return items;
  }

  string(): string {
    this.expect('"');
    const start = this.#offset;
    let end = this.#text.indexOf('"', start);
    while (end >= 0 && isEscaped(this.#text, start, end)) end = this.#text.indexOf('"', end + 1);
    if (end < 0) this.fail("string without end");
    this.#offset = end + 1;
    const raw = this.#text.slice(start, end);
    return raw.includes("\\") ? raw.replace(/\\(.)/gs, (_, c: string) => UNESCAPES[c] ?? c) : raw;
  }
}

function isEscaped(text: string, start: number, index: number): boolean {
  let backslashes = 0;
  while (index - 1 - backslashes >= start && text[index - 1 - backslashes] === "\\") backslashes++;
  return backslashes % 2 === 1;
}
