/**
 * The lexer: one token at a time, longest match as in Nix (so `a:b` is a URI, `a/b` a path, `a-b` a name). Strings and
 * interpolated paths are not tokens but modes: the parser sees their opening token and asks `string-parts.ts` for the rest.
 * NaN from `charCodeAt` past the end is in no character class, which is what ends every loop.
 */
import { EvaluationError } from "../errors.ts";
import {
  isDigit,
  isIdentifierPart,
  isIdentifierStart,
  isPathPart,
  isSchemePart,
  isSpace,
  isUriPart,
} from "./characters.ts";
import type { SourceFile } from "./source-file.ts";

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
  | "if"
  | "then"
  | "else"
  | "assert"
  | "with"
  | "let"
  | "in"
  | "rec"
  | "inherit"
  | "or"
  | Punctuation;

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

const keywords: ReadonlyMap<string, TokenKind> = new Map<string, TokenKind>([
  ["if", "if"],
  ["then", "then"],
  ["else", "else"],
  ["assert", "assert"],
  ["with", "with"],
  ["let", "let"],
  ["in", "in"],
  ["rec", "rec"],
  ["inherit", "inherit"],
  ["or", "or"],
]);

/** Punctuation of one character, by its code. */
const singles: readonly (Punctuation | undefined)[] = makeSingles();

function makeSingles(): (Punctuation | undefined)[] {
  const table: (Punctuation | undefined)[] = new Array(128).fill(undefined);
  const all = [
    "=",
    ";",
    ":",
    ".",
    ",",
    "?",
    "@",
    "!",
    "+",
    "-",
    "*",
    "/",
    "<",
    ">",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
  ] as const;
  for (const text of all) table[text.charCodeAt(0)] = text;
  return table;
}

/** Punctuation of two characters, by the code of the first; the second and the token for each. */
const doubles: readonly (readonly [number, Punctuation][] | undefined)[] = makeDoubles();

function makeDoubles(): (readonly [number, Punctuation][] | undefined)[] {
  const table: ([number, Punctuation][] | undefined)[] = new Array(128).fill(undefined);
  const all = ["==", "!=", "<=", ">=", "&&", "||", "->", "//", "++", "|>", "<|", "${"] as const;
  for (const text of all) {
    const entries = table[text.charCodeAt(0)] ?? [];
    entries.push([text.charCodeAt(1), text]);
    table[text.charCodeAt(0)] = entries;
  }
  return table;
}

/** First letters of keywords: i, t, e, a, w, l, r, o. */
function mayBeKeyword(code: number): boolean {
  switch (code) {
    case 105:
    case 116:
    case 101:
    case 97:
    case 119:
    case 108:
    case 114:
    case 111:
      return true;
    default:
      return false;
  }
}

const slash = 47;
const dot = 46;
const dollar = 36;
const braceOpen = 123;

/** A place to go back to. */
export interface LexerMark {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
}

export class Lexer {
  readonly file: SourceFile;
  readonly text: string;
  /** The current token. */
  kind: TokenKind = "end";
  start = 0;
  end = 0;

  constructor(file: SourceFile) {
    this.file = file;
    this.text = file.text;
  }

  /** Text of the current token. */
  get tokenText(): string {
    return this.text.slice(this.start, this.end);
  }

  mark(): LexerMark {
    return { kind: this.kind, start: this.start, end: this.end };
  }

  reset(mark: LexerMark): void {
    this.kind = mark.kind;
    this.start = mark.start;
    this.end = mark.end;
  }

  /** Goes on from an offset that a string mode reached. */
  continueFrom(offset: number): void {
    this.end = offset;
    this.next();
  }

  fail(message: string, offset: number = this.start): never {
    throw new EvaluationError("syntax", message, this.file.base + offset);
  }

  next(): void {
    const start = this.#skipBlank(this.end);
    this.start = start;
    if (start >= this.text.length) this.#set("end", start);
    else this.#scan(start, this.text.charCodeAt(start));
  }

  #set(kind: TokenKind, end: number): void {
    this.kind = kind;
    this.end = end;
  }

  #skipBlank(from: number): number {
    const text = this.text;
    let at = from;
    for (;;) {
      while (isSpace(text.charCodeAt(at))) at++;
      const code = text.charCodeAt(at);
      if (code === 35) at = this.#skipLineComment(at);
      else if (code === slash && text.charCodeAt(at + 1) === 42) at = this.#skipBlockComment(at);
      else return at;
    }
  }

  #skipLineComment(from: number): number {
    let at = from;
    for (;;) {
      const code = this.text.charCodeAt(at);
      if (code === 10 || code === 13 || at >= this.text.length) return at;
      at++;
    }
  }

  #skipBlockComment(from: number): number {
    const end = this.text.indexOf("*/", from + 2);
    if (end < 0) this.fail("unterminated comment", from);
    return end + 2;
  }

  #scan(start: number, code: number): void {
    if (isIdentifierStart(code)) this.#scanWord(start);
    else if (isDigit(code)) this.#scanNumber(start);
    else if (code === 34) this.#set("string-open", start + 1);
    else if (code === 39 && this.text.charCodeAt(start + 1) === 39) this.#set("indented-open", start + 2);
    else if (code === 126) this.#scanHomePath(start);
    else if (code === 60 && this.#scanSearchPath(start)) return;
    else if ((isPathPart(code) || code === slash) && this.#scanPath(start, start)) return;
    else if (code === dot && this.#scanFloat(start)) return;
    else this.#scanPunctuation(start);
  }

  #scanWord(start: number): void {
    const text = this.text;
    let end = start + 1;
    while (isIdentifierPart(text.charCodeAt(end))) end++;
    if (mayGoOn(text.charCodeAt(end)) && (this.#scanPath(start, end) || this.#scanUri(start, end))) return;
    const length = end - start;
    const maybe = length <= 7 && length > 1 && mayBeKeyword(text.charCodeAt(start));
    const keyword = maybe ? keywords.get(text.slice(start, end)) : undefined;
    this.#set(keyword ?? "name", end);
  }

  #scanNumber(start: number): void {
    const text = this.text;
    let end = start + 1;
    while (isDigit(text.charCodeAt(end))) end++;
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
    const text = this.text;
    let at = start;
    while (isDigit(text.charCodeAt(at))) at++;
    if (text.charCodeAt(at) !== dot) return false;
    const whole = at - start;
    const zero = text.charCodeAt(start) === 48;
    if (whole > 1 && zero) return false;
    at++;
    const fractionStart = at;
    while (isDigit(text.charCodeAt(at))) at++;
    if (at === fractionStart && (whole === 0 || zero)) return false;
    this.#set("float", this.#skipExponent(at));
    return true;
  }

  #skipExponent(from: number): number {
    const text = this.text;
    const code = text.charCodeAt(from);
    if (code !== 69 && code !== 101) return from;
    let at = from + 1;
    const sign = text.charCodeAt(at);
    if (sign === 43 || sign === 45) at++;
    if (!isDigit(text.charCodeAt(at))) return from;
    while (isDigit(text.charCodeAt(at))) at++;
    return at;
  }

  /** A path that begins at `start`, where everything up to `from` is known to be path characters or quotes. */
  #scanPath(start: number, from: number): boolean {
    const text = this.text;
    let at = start;
    while (isPathPart(text.charCodeAt(at))) at++;
    if (at < from || text.charCodeAt(at) !== slash) return false;
    const after = text.charCodeAt(at + 1);
    if (isPathPart(after)) {
      this.#set("path", skipPathSegments(text, at));
      return true;
    }
    if (after !== dollar || text.charCodeAt(at + 2) !== braceOpen) return false;
    this.#set("path-start", at + 1);
    return true;
  }

  #scanHomePath(start: number): void {
    const text = this.text;
    if (text.charCodeAt(start + 1) !== slash) this.fail("unexpected character '~'");
    if (isPathPart(text.charCodeAt(start + 2))) this.#set("home-path", skipPathSegments(text, start + 1));
    else if (text.startsWith("${", start + 2)) this.#set("home-path-start", start + 2);
    else this.fail("unexpected character '~'");
  }

  #scanSearchPath(start: number): boolean {
    const text = this.text;
    let at = start + 1;
    if (!isPathPart(text.charCodeAt(at))) return false;
    while (isPathPart(text.charCodeAt(at))) at++;
    while (text.charCodeAt(at) === slash && isPathPart(text.charCodeAt(at + 1))) {
      at++;
      while (isPathPart(text.charCodeAt(at))) at++;
    }
    if (text.charCodeAt(at) !== 62) return false;
    this.#set("search-path", at + 1);
    return true;
  }

  #scanUri(start: number, wordEnd: number): boolean {
    const text = this.text;
    let at = start;
    while (isSchemePart(text.charCodeAt(at))) at++;
    if (at < wordEnd || text.charCodeAt(at) !== 58 || !isUriPart(text.charCodeAt(at + 1))) return false;
    at++;
    while (isUriPart(text.charCodeAt(at))) at++;
    this.#set("uri", at);
    return true;
  }

  #scanPunctuation(start: number): void {
    const text = this.text;
    if (text.charCodeAt(start) === dot && text.startsWith("...", start)) {
      this.#set("...", start + 3);
      return;
    }
    const code = text.charCodeAt(start);
    const next = text.charCodeAt(start + 1);
    for (const [second, token] of doubles[code] ?? []) {
      if (second === next) {
        this.#set(token, start + 2);
        return;
      }
    }
    const token = singles[code];
    if (token === undefined) this.fail(`unexpected character ${visible(text.charAt(start))}`);
    this.#set(token, start + 1);
  }
}

/** A control character would not show. */
function visible(char: string): string {
  return char < " " || char === "\x7f" ? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}` : `'${char}'`;
}

/** After a name: could it be the start of a path or a URI after all? Only `/ : . +` lead there. */
function mayGoOn(code: number): boolean {
  return code === slash || code === 58 || code === dot || code === 43;
}

/** From a slash that is followed by a path character to the end of the path, one trailing slash included. */
export function skipPathSegments(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === slash && isPathPart(text.charCodeAt(at + 1))) {
    at++;
    while (isPathPart(text.charCodeAt(at))) at++;
  }
  return text.charCodeAt(at) === slash ? at + 1 : at;
}
