/**
 * JSON over byte strings, for `fromJSON` and `toJSON`.
 *
 * The parser hands every value to a builder, so that the evaluator's values are made without a tree in between. It takes and
 * refuses what nlohmann's library does, which C++ Nix uses: strict grammar, a byte order mark skipped, text checked to be
 * UTF-8, integers exact up to 64 bits and floats beyond. As in current Nix an unsigned integer above 2^63-1 and a string with
 * a null byte are errors (Nix 2.8 wraps the one and cuts the other).
 */

/** Makes values of type `T` bottom-up. */
export interface JsonBuilder<T> {
  atom(value: null | boolean): T;
  /** A number within +-2^53, else a BigInt within 64 bits. */
  integer(value: number | bigint): T;
  float(value: number): T;
  string(text: string): T;
  array(elements: T[]): T;
  /** Keys in the order of the text, possibly with duplicates of which the last counts. */
  object(keys: string[], values: T[]): T;
}

/** The text is no JSON, or holds what Nix cannot represent. The message tells line and column. */
export class JsonTextError extends Error {
  override readonly name: string = "JsonTextError";
}

/** @throws JsonTextError */
export function parseJson<T>(text: string, builder: JsonBuilder<T>): T {
  return new JsonParser(text, builder).parse();
}

const BYTE_ORDER_MARK = "\xef\xbb\xbf";
const MAX_INT = 2n ** 63n - 1n;
const MAX_UNSIGNED = 2n ** 64n - 1n;

class JsonParser<T> {
  readonly #text: string;
  readonly #builder: JsonBuilder<T>;
  readonly #number = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids control characters in strings
  readonly #plain = /[^"\\\x00-\x1f\x80-\xff]*/y;
  #at = 0;

  constructor(text: string, builder: JsonBuilder<T>) {
    this.#text = text;
    this.#builder = builder;
  }

  parse(): T {
    if (this.#text.startsWith(BYTE_ORDER_MARK)) this.#at = BYTE_ORDER_MARK.length;
    const value = this.#value();
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#unexpected("end of input");
    return value;
  }

  #value(): T {
    this.#skipSpace();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      case '"':
        return this.#builder.string(this.#string());
      case "t":
        return this.#literal("true", true);
      case "f":
        return this.#literal("false", false);
      case "n":
        return this.#literal("null", null);
      default:
        return this.#numeral();
    }
  }

  #literal(word: string, value: null | boolean): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail(`invalid literal, expected '${word}'`);
    this.#at += word.length;
    return this.#builder.atom(value);
  }

  #numeral(): T {
    this.#number.lastIndex = this.#at;
    const found = this.#number.exec(this.#text);
    if (found === null) return this.#unexpected("a value");
    const [digits, fraction, exponent] = found;
    const start = this.#at;
    this.#at += digits.length;
    const following = this.#text[this.#at];
    if (fraction === undefined && exponent === undefined && following === ".")
      this.#fail("expected a digit after '.'", 1);
    if (exponent === undefined && /[eE]/.test(following ?? "")) this.#fail("expected a digit in the exponent", 1);
    if (fraction === undefined && exponent === undefined) return this.#integer(digits, start);
    return this.#float(digits, start);
  }

  #integer(digits: string, start: number): T {
    const small = Number(digits);
    if (Number.isSafeInteger(small)) return this.#builder.integer(small + 0);
    const exact = BigInt(digits);
    if (exact >= -MAX_INT - 1n && exact <= MAX_INT) return this.#builder.integer(exact);
    if (exact < 0n || exact > MAX_UNSIGNED) return this.#float(digits, start);
    return this.#fail(`the integer ${digits} does not fit 64 bits with a sign`, start - this.#at);
  }

  #float(digits: string, start: number): T {
    const value = Number(digits);
    if (!Number.isFinite(value)) this.#fail(`the number '${digits}' is too large`, start - this.#at);
    return this.#builder.float(value);
  }

  #array(): T {
    const elements: T[] = [];
    this.#at++;
    if (this.#take("]")) return this.#builder.array(elements);
    do elements.push(this.#value());
    while (this.#take(","));
    if (!this.#take("]")) this.#unexpected("',' or ']'");
    return this.#builder.array(elements);
  }

  #object(): T {
    const keys: string[] = [];
    const values: T[] = [];
    this.#at++;
    if (this.#take("}")) return this.#builder.object(keys, values);
    do {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') this.#unexpected("a string as key");
      keys.push(this.#string());
      if (!this.#take(":")) this.#unexpected("':'");
      values.push(this.#value());
    } while (this.#take(","));
    if (!this.#take("}")) this.#unexpected("',' or '}'");
    return this.#builder.object(keys, values);
  }

  #string(): string {
    this.#at++;
    let result = "";
    for (;;) {
      result += this.#plainRun();
      const char = this.#text[this.#at];
      if (char === undefined) this.#fail("a string is not closed");
      if (char === '"') {
        this.#at++;
        return result;
      }
      if (char === "\\") result += this.#escape();
      else if (char < " ") this.#fail("a control character must be escaped in a string");
      else result += this.#utf8Sequence();
    }
  }

  #plainRun(): string {
    this.#plain.lastIndex = this.#at;
    const run = this.#plain.exec(this.#text)?.[0] ?? "";
    this.#at += run.length;
    return run;
  }

  #utf8Sequence(): string {
    const length = utf8SequenceLength(this.#text, this.#at);
    if (length === 0) this.#fail("a string is not UTF-8");
    const sequence = this.#text.slice(this.#at, this.#at + length);
    this.#at += length;
    return sequence;
  }

  #escape(): string {
    const char = this.#text[this.#at + 1] ?? "";
    const plain = ESCAPED[char];
    if (plain === undefined && char !== "u") this.#fail("an escape is none of '\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u'");
    this.#at += 2;
    return plain ?? encodeUtf8(this.#codePoint());
  }

  /** The code point of `XXXX` after `\u`, with its second half when it is a surrogate. */
  #codePoint(): number {
    const unit = this.#hexUnit();
    if (unit === 0) this.#fail("a Nix string cannot hold a null byte", -6);
    if (unit >= 0xdc00 && unit <= 0xdfff) this.#fail("a second half of a surrogate pair stands alone", -6);
    if (unit < 0xd800 || unit > 0xdbff) return unit;
    const second = this.#text.startsWith("\\u", this.#at) ? this.#secondHalf() : 0;
    if (second < 0xdc00 || second > 0xdfff) this.#fail("a first half of a surrogate pair stands alone");
    return 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
  }

  #secondHalf(): number {
    this.#at += 2;
    return this.#hexUnit();
  }

  #hexUnit(): number {
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail("'\\u' must be followed by four hexadecimal digits");
    this.#at += 4;
    return Number.parseInt(digits, 16);
  }

  #take(char: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    let code = this.#text.charCodeAt(this.#at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = this.#text.charCodeAt(++this.#at);
  }

  #unexpected(expected: string): never {
    const char = this.#text[this.#at];
    this.#fail(`unexpected ${char === undefined ? "end of input" : `'${char}'`}, expected ${expected}`);
  }

  #fail(reason: string, offset = 0): never {
    const before = this.#text.slice(0, this.#at + offset);
    const line = before.split("\n").length;
    const column = before.length - before.lastIndexOf("\n");
    throw new JsonTextError(`invalid JSON at line ${line}, column ${column}: ${reason}`);
  }
}

const ESCAPED: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** UTF-8 bytes of a code point, as a byte string. */
export function encodeUtf8(codePoint: number): string {
  if (codePoint < 0x80) return String.fromCharCode(codePoint);
  const tail = (shift: number): number => 0x80 | ((codePoint >> shift) & 0x3f);
  if (codePoint < 0x800) return String.fromCharCode(0xc0 | (codePoint >> 6), tail(0));
  if (codePoint < 0x10000) return String.fromCharCode(0xe0 | (codePoint >> 12), tail(6), tail(0));
  return String.fromCharCode(0xf0 | (codePoint >> 18), tail(12), tail(6), tail(0));
}

/** Length of the well-formed UTF-8 sequence of a character beyond ASCII at `at`; 0 when there is none. */
function utf8SequenceLength(text: string, at: number): number {
  const first = text.charCodeAt(at);
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (let n = 1; n < length; n++) if ((text.charCodeAt(at + n) & 0xc0) !== 0x80 || at + n >= text.length) return 0;
  const second = text.charCodeAt(at + 1);
  const [low, high] = SECOND_BYTES[first] ?? [0x80, 0xbf];
  return second >= low && second <= high ? length : 0;
}

/** Second bytes that exclude overlong forms, surrogates and code points beyond U+10FFFF. */
const SECOND_BYTES: Readonly<Record<number, readonly [number, number]>> = {
  224: [0xa0, 0xbf],
  237: [0x80, 0x9f],
  240: [0x90, 0xbf],
  244: [0x80, 0x8f],
};

const QUOTED: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** A byte string as a JSON string literal. Bytes beyond ASCII pass as they are. */
export function quoteJson(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids control characters in strings
  return `"${text.replace(/["\\\x00-\x1f]/g, escapeControl)}"`;
}

function escapeControl(char: string): string {
  return QUOTED[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
