/**
 * The lexer: one token at a time, longest match as in Nix (so `a:b` is a URI, `a/b` a path, `a-b` a name). Strings and
 * interpolated paths are not tokens but modes: the parser sees their opening token and asks `string-parts.ts` for the rest.
 * A zero byte stands behind the text and is in no character class, which is what ends every loop.
 */
import { EvaluationError } from "../errors.ts";
import { classes, digit, identifierPart, identifierStart, pathPart, schemePart, space, uriPart } from "./characters.ts";
import type { SourceFile } from "./source-file.ts";
import { latin1 } from "./syntax-tree.ts";

export type TokenKind =
  | "end"
  | "name"
  | "int"
  | "float"
  | "uri"
  | "path"
  | "path-start"
  | "home-path"
  | "home-path-start"
  | "search-path"
  | "string-open"
  | "indented-open"
  | Keyword
  | Punctuation;

type Keyword = "if" | "then" | "else" | "assert" | "with" | "let" | "in" | "rec" | "inherit" | "or";

type Punctuation =
  | "..."
  | "=="
  | "!="
  | "<="
  | ">="
  | "&&"
  | "||"
  | "->"
  | "//"
  | "++"
  | "|>"
  | "<|"
  | "${"
  | "="
  | ";"
  | ":"
  | "."
  | ","
  | "?"
  | "@"
  | "!"
  | "+"
  | "-"
  | "*"
  | "/"
  | "<"
  | ">"
  | "("
  | ")"
  | "["
  | "]"
  | "{"
  | "}";

/** The keyword that a word of this length and these first letters may be. */
function keywordLike(length: number, first: number, second: number): Keyword | null {
  switch (length) {
    case 2:
      if (first === 105) return second === 102 ? "if" : "in";
      return first === 111 ? "or" : null;
    case 3:
      return first === 108 ? "let" : first === 114 ? "rec" : null;
    case 4:
      return first === 116 ? "then" : first === 101 ? "else" : first === 119 ? "with" : null;
    case 6:
      return first === 97 ? "assert" : null;
    case 7:
      return first === 105 ? "inherit" : null;
    default:
      return null;
  }
}

/** How tightly binary operators bind. */
const powers: Readonly<Partial<Record<Punctuation, number>>> = {
  "|>": 1,
  "<|": 1,
  "->": 2,
  "||": 3,
  "&&": 4,
  "==": 5,
  "!=": 5,
  "<": 6,
  ">": 6,
  "<=": 6,
  ">=": 6,
  "//": 7,
  "+": 9,
  "-": 9,
  "*": 10,
  "/": 10,
  "++": 11,
  "?": 12,
};

interface Operator {
  readonly kind: Punctuation;
  /** Code of the second character, 0 where there is one only. */
  readonly second: number;
  readonly power: number;
}

/** Punctuation by the code of its first character, the longer before the shorter. */
const punctuation: readonly (readonly Operator[] | undefined)[] = makePunctuation();

function makePunctuation(): (Operator[] | undefined)[] {
  const table: (Operator[] | undefined)[] = new Array(256).fill(undefined);
  const doubles = ["==", "!=", "<=", ">=", "&&", "||", "->", "//", "++", "|>", "<|", "${"] as const;
  const singles = ["=", ";", ":", ".", ",", "?", "@", "!", "+", "-", "*", "/", "<", ">"] as const;
  const brackets = ["(", ")", "[", "]", "{", "}"] as const;
  for (const kind of [...doubles, ...singles, ...brackets]) {
    const entries = table[kind.charCodeAt(0)] ?? [];
    entries.push({ kind, second: kind.length > 1 ? kind.charCodeAt(1) : 0, power: powers[kind] ?? 0 });
    table[kind.charCodeAt(0)] = entries;
  }
  return table;
}

const slash = 47;
const dot = 46;
const dollar = 36;
const braceOpen = 123;

export class Lexer {
  readonly file: SourceFile;
  /** The text and a zero byte behind it. */
  readonly bytes: Uint8Array;
  readonly length: number;
  /** The current token. */
  kind: TokenKind = "end";
  start = 0;
  end = 0;
  /** Of a name (`name-hash.ts`). */
  hash = 0;
  /** How tightly a binary operator binds, from 1; 0 for any other token. */
  power = 0;

  constructor(file: SourceFile) {
    this.file = file;
    this.bytes = file.terminatedBytes();
    this.length = file.length;
  }

  slice(start: number, end: number): string {
    return latin1(this.bytes, start, Math.min(end, this.length));
  }

  /** Text of the current token. */
  get tokenText(): string {
    return this.slice(this.start, this.end);
  }

  /** Goes on from an offset: one that a string mode reached, or that of a token to look at again. */
  continueFrom(offset: number): void {
    this.end = offset;
    this.next();
  }

  fail(message: string, offset: number = this.start): never {
    throw new EvaluationError("syntax", message, this.file.base + offset);
  }

  next(): void {
    const { bytes } = this;
    let start = this.end;
    while (((classes[bytes[start] as number] as number) & space) !== 0) start++;
    let code = bytes[start] as number;
    if (code === 35 || code === slash) {
      start = this.#skipComments(start);
      code = bytes[start] as number;
    }
    this.start = start;
    this.power = 0;
    if (start >= this.length) this.#set("end", start);
    else this.#scan(start, code);
  }

  #set(kind: TokenKind, end: number): void {
    this.kind = kind;
    this.end = end;
  }

  #skipComments(from: number): number {
    const { bytes } = this;
    let at = from;
    for (;;) {
      while (((classes[bytes[at] as number] as number) & space) !== 0) at++;
      const code = bytes[at];
      if (code === 35) at = this.#skipLineComment(at);
      else if (code === slash && bytes[at + 1] === 42) at = this.#skipBlockComment(at);
      else return at;
    }
  }

  #skipLineComment(from: number): number {
    const { bytes, length } = this;
    let at = from;
    for (;;) {
      const code = bytes[at];
      if (code === 10 || code === 13 || at >= length) return at;
      at++;
    }
  }

  #skipBlockComment(from: number): number {
    const { bytes, length } = this;
    for (let at = from + 2; at < length; at++) if (bytes[at] === 42 && bytes[at + 1] === slash) return at + 2;
    this.fail("unterminated comment", from);
  }

  #scan(start: number, code: number): void {
    const bits = classes[code] as number;
    if ((bits & identifierStart) !== 0) this.#scanWord(start, code);
    else if ((bits & digit) !== 0) this.#scanNumber(start);
    else if (code === 34) this.#set("string-open", start + 1);
    else if (code === 39 && this.bytes[start + 1] === 39) this.#set("indented-open", start + 2);
    else if (code === 126) this.#scanHomePath(start);
    else if (code === 60 && this.#scanSearchPath(start)) return;
    else if (((bits & pathPart) !== 0 || code === slash) && this.#scanPath(start, start)) return;
    else if (code === dot && this.#scanFloat(start)) return;
    else this.#scanPunctuation(start, code);
  }

  #scanWord(start: number, first: number): void {
    const { bytes } = this;
    let hash = first;
    let end = start + 1;
    let code = bytes[end] as number;
    while (((classes[code] as number) & identifierPart) !== 0) {
      hash = (Math.imul(hash, 31) + code) | 0;
      code = bytes[++end] as number;
    }
    this.hash = hash;
    // Only `/ : . +` lead on to a path or a URI.
    const mayGoOn = code === slash || code === 58 || code === dot || code === 43;
    if (mayGoOn && (this.#scanPath(start, end) || this.#scanUri(start, end))) return;
    this.#set(this.#keyword(start, end, first) ?? "name", end);
  }

  #keyword(start: number, end: number, first: number): Keyword | null {
    const { bytes } = this;
    const keyword = keywordLike(end - start, first, bytes[start + 1] as number);
    if (keyword === null) return null;
    for (let at = 1; at < keyword.length; at++) if (keyword.charCodeAt(at) !== bytes[start + at]) return null;
    return keyword;
  }

  #scanNumber(start: number): void {
    const { bytes } = this;
    let end = start + 1;
    while (isDigit(bytes[end])) end++;
    const intEnd = end;
    if (this.#scanFloat(start)) {
      const floatEnd = this.end;
      if (this.#scanPath(start, intEnd) && this.end > floatEnd) return;
      this.#set("float", floatEnd);
    } else if (!this.#scanPath(start, intEnd)) {
      this.#set("int", intEnd);
    }
  }

  /** `[1-9][0-9]*\.[0-9]*` or `0?\.[0-9]+`, with an exponent. */
  #scanFloat(start: number): boolean {
    const { bytes } = this;
    let at = start;
    while (isDigit(bytes[at])) at++;
    if (bytes[at] !== dot) return false;
    const whole = at - start;
    const zero = bytes[start] === 48;
    if (whole > 1 && zero) return false;
    at++;
    const fractionStart = at;
    while (isDigit(bytes[at])) at++;
    if (at === fractionStart && (whole === 0 || zero)) return false;
    this.#set("float", this.#skipExponent(at));
    return true;
  }

  #skipExponent(from: number): number {
    const { bytes } = this;
    const code = bytes[from];
    if (code !== 69 && code !== 101) return from;
    let at = from + 1;
    const sign = bytes[at];
    if (sign === 43 || sign === 45) at++;
    if (!isDigit(bytes[at])) return from;
    while (isDigit(bytes[at])) at++;
    return at;
  }

  /** A path that begins at `start`, where everything up to `from` is known to be path characters or quotes. */
  #scanPath(start: number, from: number): boolean {
    const { bytes } = this;
    let at = start;
    while (isPathPart(bytes[at])) at++;
    if (at < from || bytes[at] !== slash) return false;
    const after = bytes[at + 1];
    if (isPathPart(after)) {
      this.#set("path", skipPathSegments(bytes, at));
      return true;
    }
    if (after !== dollar || bytes[at + 2] !== braceOpen) return false;
    this.#set("path-start", at + 1);
    return true;
  }

  #scanHomePath(start: number): void {
    const { bytes } = this;
    if (bytes[start + 1] !== slash) this.fail("unexpected character '~'");
    if (isPathPart(bytes[start + 2])) this.#set("home-path", skipPathSegments(bytes, start + 1));
    else if (bytes[start + 2] === dollar && bytes[start + 3] === braceOpen) this.#set("home-path-start", start + 2);
    else this.fail("unexpected character '~'");
  }

  #scanSearchPath(start: number): boolean {
    const { bytes } = this;
    let at = start + 1;
    if (!isPathPart(bytes[at])) return false;
    while (isPathPart(bytes[at])) at++;
    while (bytes[at] === slash && isPathPart(bytes[at + 1])) {
      at++;
      while (isPathPart(bytes[at])) at++;
    }
    if (bytes[at] !== 62) return false;
    this.#set("search-path", at + 1);
    return true;
  }

  #scanUri(start: number, wordEnd: number): boolean {
    const { bytes } = this;
    let at = start;
    while (isSchemePart(bytes[at])) at++;
    if (at < wordEnd || bytes[at] !== 58 || !isUriPart(bytes[at + 1])) return false;
    at++;
    while (isUriPart(bytes[at])) at++;
    this.#set("uri", at);
    return true;
  }

  #scanPunctuation(start: number, code: number): void {
    const { bytes } = this;
    if (code === dot && bytes[start + 1] === dot && bytes[start + 2] === dot) {
      this.#set("...", start + 3);
      return;
    }
    const entries = punctuation[code];
    if (entries !== undefined) {
      const next = bytes[start + 1];
      for (const { kind, second, power } of entries) {
        if (second !== 0 && second !== next) continue;
        this.power = power;
        this.#set(kind, start + (second === 0 ? 1 : 2));
        return;
      }
    }
    this.fail(`unexpected character ${visible(String.fromCharCode(code))}`);
  }
}

function hasClass(code: number | undefined, bits: number): boolean {
  return ((classes[code as number] as number) & bits) !== 0;
}

function isDigit(code: number | undefined): boolean {
  return hasClass(code, digit);
}

export function isPathPart(code: number | undefined): boolean {
  return hasClass(code, pathPart);
}

function isSchemePart(code: number | undefined): boolean {
  return hasClass(code, schemePart);
}

function isUriPart(code: number | undefined): boolean {
  return hasClass(code, uriPart);
}

/** A control character would not show. */
function visible(char: string): string {
  return char < " " || char === "\x7f" ? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}` : `'${char}'`;
}

/** From a slash that is followed by a path character to the end of the path, one trailing slash included. */
export function skipPathSegments(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === slash && isPathPart(bytes[at + 1])) {
    at++;
    while (isPathPart(bytes[at])) at++;
  }
  return bytes[at] === slash ? at + 1 : at;
}
