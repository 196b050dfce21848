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

function quoteList(items: Iterable<string>): string {
  let text = "[";
  for (const item of items) text += text.length === 1 ? quote(item) : `,${quote(item)}`;
  return `${text}]`;
}

function sortedEntries<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort((a, b) => compareBytes(a[0], b[0]));
}

/** What stands in for parts of a derivation when it is hashed rather than written. */
export interface SerializeOptions {
  /** Blank the output paths and the environment variables named after outputs. */
  readonly maskOutputs?: boolean;
  /** Instead of the input derivations' paths: their hashes. */
  readonly inputDrvs?: ReadonlyMap<string, readonly string[]>;
}

/** The exact bytes, as a byte string, that Nix writes for this derivation. */
export function serializeDerivation(derivation: Derivation, options: SerializeOptions = {}): string {
  const mask = options.maskOutputs === true;
  const outputs = sortedEntries(derivation.outputs).map(
    ([name, o]) => `(${quote(name)},${quote(mask ? "" : o.path)},${quote(o.hashAlgorithm)},${quote(o.hash)})`,
  );
  const inputDrvs = sortedEntries(options.inputDrvs ?? derivation.inputDrvs).map(
    ([path, names]) => `(${quote(path)},${quoteList([...new Set(names)].sort(compareBytes))})`,
  );
  const inputSrcs = quoteList([...new Set(derivation.inputSrcs)].sort(compareBytes));
  const env = sortedEntries(derivation.env).map(
    ([name, value]) => `(${quote(name)},${quote(mask && derivation.outputs.has(name) ? "" : value)})`,
  );
  const head = `Derive([${outputs.join(",")}],[${inputDrvs.join(",")}],${inputSrcs}`;
  const program = `${quote(derivation.platform)},${quote(derivation.builder)},${quoteList(derivation.args)}`;
  return `${head},${program},[${env.join(",")}])`;
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
