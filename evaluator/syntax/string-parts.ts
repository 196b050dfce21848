/**
 * The inside of strings and interpolated paths. Each function starts right after the opening token (`lexer.end`), parses
 * embedded expressions through `parseExpr`, and leaves the lexer on the first token behind the closing quote. Text goes
 * straight from the source to the writer's strings; nothing else may write there meanwhile, so the text before an embedded
 * expression is ended first.
 *
 * In indented strings only pieces of raw text take part in finding the indentation; escapes and `${..}` end it. Which piece
 * is which matters (the last piece loses its trailing spaces), so the pieces are kept as Nix's lexer would cut them.
 */
import { classes, plainInString } from "./characters.ts";
import { isPathPart, type Lexer, skipPathSegments } from "./lexer.ts";
import { interpolationNode, stringNode, stringType } from "./node-kinds.ts";
import type { TreeWriter } from "./tree-writer.ts";

/** Parses an expression and gives its node. */
export type ParseExpr = () => number;

const quote = 34;
const apostrophe = 39;
const dollar = 36;
const backslash = 92;
const braceOpen = 123;
const slash = 47;
const carriageReturn = 13;
const lineFeed = 10;
const blank = 32;

/** A `"..."` string: the node of a literal, or of an interpolation when there is something to compute. */
export function parseString(lexer: Lexer, writer: TreeWriter, parseExpr: ParseExpr): number {
  const { bytes, length } = lexer;
  const opening = lexer.start;
  const mark = writer.top;
  let from = lexer.end;
  let at = from;
  let isPlain = true;
  for (;;) {
    while (((classes[bytes[at] as number] as number) & plainInString) !== 0) at++;
    const code = bytes[at];
    if (code === quote) break;
    const next = bytes[at + 1];
    if (at >= length) lexer.fail("unterminated string", opening);
    else if (code === backslash || code === carriageReturn) {
      isPlain = false;
      at += code === backslash ? 2 : 1;
    } else if (code === dollar && next === braceOpen) {
      appendQuoted(writer, bytes, from, at, isPlain);
      at = from = parseEmbedded(lexer, writer, at, opening, parseExpr);
      isPlain = true;
    } else if (code === dollar && next !== quote && next !== backslash) {
      if (next === carriageReturn) isPlain = false;
      at += 2;
    } else at++;
  }
  appendQuoted(writer, bytes, from, at, isPlain);
  const node = finishString(writer, mark, opening);
  lexer.continueFrom(at + 1);
  return node;
}

/** Ends the text so far and parses the expression of a `${` at `at`; gives the offset behind its `}`. */
function parseEmbedded(lexer: Lexer, writer: TreeWriter, at: number, opening: number, parseExpr: ParseExpr): number {
  endText(writer, opening);
  lexer.continueFrom(at + 2);
  writer.push(parseExpr());
  if (lexer.kind !== "}") lexer.fail(`syntax error, unexpected ${found(lexer)}, expected '}'`);
  return lexer.end;
}

/** Pushes the text that was written, if any, as a part. */
function endText(writer: TreeWriter, pos: number): void {
  if (writer.hasOpenString) writer.push(writer.node1(stringNode, pos, writer.endString()));
}

/** The node of what was pushed since `mark` and the text behind it. */
function finishString(writer: TreeWriter, mark: number, pos: number): number {
  if (writer.top === mark) return writer.node1(stringNode, pos, writer.endString());
  endText(writer, pos);
  const node = writer.node(interpolationNode | stringType, pos, 0);
  writer.takeWords(mark);
  return node;
}

/** Resolves backslashes, and makes CR and CR LF a line feed as Nix does. */
function appendQuoted(writer: TreeWriter, bytes: Uint8Array, from: number, to: number, isPlain: boolean): void {
  if (isPlain) {
    writer.copy(bytes, from, to);
    return;
  }
  for (let at = from; at < to; at++) {
    const code = bytes[at] as number;
    if (code === backslash && at + 1 < to) writer.character(unescaped(bytes[++at] as number));
    else if (code === carriageReturn) {
      writer.character(lineFeed);
      if (at + 1 < to && bytes[at + 1] === lineFeed) at++;
    } else writer.character(code);
  }
}

/** What a character behind a backslash stands for: n, r and t are special. */
function unescaped(code: number): number {
  switch (code) {
    case 110:
      return lineFeed;
    case 114:
      return carriageReturn;
    case 116:
      return 9;
    default:
      return code;
  }
}

/** Pieces of an indented string on the writer's stack, three words each: the kind and what it says. */
const rawPiece = 0; // start and end in the source
const escapedPiece = 1; // one or two characters, the second -1 where there is none
const exprPiece = 2; // the node
const pieceWords = 3;

/** A `''...''` string, stripped of its common indentation. */
export function parseIndentedString(lexer: Lexer, writer: TreeWriter, parseExpr: ParseExpr): number {
  const { bytes, length } = lexer;
  const opening = lexer.start;
  const mark = writer.top;
  let at = skipFirstLine(bytes, lexer.end);
  for (;;) {
    if (at >= length) lexer.fail("unterminated indented string", opening);
    const end = rawPieceEnd(bytes, at, length);
    if (end > at) {
      pushPiece(writer, rawPiece, at, end);
      at = end;
    } else if (bytes[at] === dollar && bytes[at + 1] === braceOpen) {
      lexer.continueFrom(at + 2);
      const expr = parseExpr();
      if (lexer.kind !== "}") lexer.fail(`syntax error, unexpected ${found(lexer)}, expected '}'`);
      pushPiece(writer, exprPiece, expr, 0);
      at = lexer.end;
    } else if (bytes[at] === apostrophe && bytes[at + 1] === apostrophe) {
      const escaped = pushEscape(writer, bytes, at, length);
      if (escaped === 0) break;
      at = escaped;
    } else {
      pushPiece(writer, escapedPiece, bytes[at] as number, -1);
      at++;
    }
  }
  const node = new IndentationStripper(writer, bytes, mark, opening).node();
  lexer.continueFrom(at + 2);
  return node;
}

function pushPiece(writer: TreeWriter, kind: number, first: number, second: number): void {
  writer.push(kind);
  writer.push(first);
  writer.push(second);
}

/** Spaces up to the end of the first line belong to the opening quotes. */
function skipFirstLine(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === blank) at++;
  return bytes[at] === lineFeed ? at + 1 : from;
}

/** End of the longest run of `[^$']`, `$[^{']` and `'[^'$]`. */
function rawPieceEnd(bytes: Uint8Array, from: number, length: number): number {
  let at = from;
  while (at < length) {
    const code = bytes[at];
    if (code !== dollar && code !== apostrophe) {
      at++;
      continue;
    }
    const next = bytes[at + 1];
    if (at + 1 >= length || next === apostrophe || next === (code === dollar ? braceOpen : dollar)) return at;
    at += 2;
  }
  return at;
}

/** `''$`, `'''` and `''\x`: gives the offset behind it; 0 for the closing quotes. */
function pushEscape(writer: TreeWriter, bytes: Uint8Array, at: number, length: number): number {
  const code = bytes[at + 2];
  if (code === dollar) {
    pushPiece(writer, escapedPiece, dollar, -1);
    return at + 3;
  }
  if (code === apostrophe) {
    pushPiece(writer, escapedPiece, apostrophe, apostrophe);
    return at + 3;
  }
  if (code !== backslash) return 0;
  pushPiece(writer, escapedPiece, at + 3 < length ? unescaped(bytes[at + 3] as number) : backslash, -1);
  return at + 4;
}

class IndentationStripper {
  readonly #writer: TreeWriter;
  readonly #bytes: Uint8Array;
  /** The pieces are between these on the stack. */
  readonly #from: number;
  readonly #to: number;
  readonly #pos: number;
  #indentation = 0;
  #atLineStart = true;
  #dropped = 0;

  constructor(writer: TreeWriter, bytes: Uint8Array, mark: number, pos: number) {
    this.#writer = writer;
    this.#bytes = bytes;
    this.#from = mark;
    this.#to = writer.top;
    this.#pos = pos;
  }

  node(): number {
    this.#indentation = this.#smallestIndentation();
    const writer = this.#writer;
    for (let at = this.#from; at < this.#to; at += pieceWords) {
      const kind = writer.stack[at];
      const first = writer.stack[at + 1] as number;
      const second = writer.stack[at + 2] as number;
      if (kind === exprPiece) {
        endText(writer, this.#pos);
        writer.push(first);
        this.#atLineStart = false;
        this.#dropped = 0;
      } else this.#append(kind === rawPiece, first, second, at + pieceWords === this.#to);
    }
    const node = finishString(writer, this.#to, this.#pos);
    writer.top = this.#from;
    return node;
  }

  #append(isRaw: boolean, first: number, second: number, isLast: boolean): void {
    const start = this.#writer.charactersEnd;
    if (isRaw) this.#appendRaw(first, second);
    else {
      this.#appendOne(first);
      if (second >= 0) this.#appendOne(second);
    }
    if (isLast) this.#dropBlankLastLine(start);
  }

  /** Copies text from the source without its indentation. */
  #appendRaw(from: number, to: number): void {
    const bytes = this.#bytes;
    let start = from;
    for (let at = from; at < to; at++) {
      const code = bytes[at];
      if (code === lineFeed) {
        this.#atLineStart = true;
        this.#dropped = 0;
      } else if (this.#atLineStart) {
        if (code !== blank) this.#atLineStart = false;
        else if (this.#dropped++ < this.#indentation) {
          if (at > start) this.#writer.copy(bytes, start, at);
          start = at + 1;
        }
      }
    }
    this.#writer.copy(bytes, start, to);
  }

  #appendOne(code: number): void {
    if (code === lineFeed) {
      this.#atLineStart = true;
      this.#dropped = 0;
    } else if (this.#atLineStart && code === blank) {
      if (this.#dropped++ < this.#indentation) return;
    } else this.#atLineStart = false;
    this.#writer.character(code);
  }

  /** Of the text that was written since `start`, the spaces behind the last line feed go. */
  #dropBlankLastLine(start: number): void {
    const { characters } = this.#writer;
    let at = this.#writer.charactersEnd;
    while (at > start && characters[at - 1] === blank) at--;
    if (at > start && characters[at - 1] === lineFeed) this.#writer.charactersEnd = at;
  }

  #smallestIndentation(): number {
    const { stack } = this.#writer;
    let smallest = Number.MAX_SAFE_INTEGER;
    // Spaces since the last line feed; below 0 where something else stood behind them.
    let current = 0;
    for (let piece = this.#from; piece < this.#to; piece += pieceWords) {
      if (stack[piece] !== rawPiece) {
        if (current >= 0) smallest = Math.min(smallest, current);
        current = -1;
        continue;
      }
      const to = stack[piece + 2] as number;
      for (let at = stack[piece + 1] as number; at < to; at++) {
        const code = this.#bytes[at];
        if (code === lineFeed) current = 0;
        else if (current >= 0) {
          if (code === blank) current++;
          else {
            smallest = Math.min(smallest, current);
            current = -1;
          }
        }
      }
    }
    return smallest;
  }
}

/**
 * The rest of a path that goes on with `${..}`, as parts on the writer's stack: everything up to the first character that
 * cannot belong to it. Gives how many parts are expressions.
 */
export function parsePathParts(lexer: Lexer, writer: TreeWriter, parseExpr: ParseExpr): number {
  const { bytes } = lexer;
  const pos = lexer.start;
  let exprs = 0;
  let at = lexer.end;
  for (;;) {
    if (bytes[at] === dollar && bytes[at + 1] === braceOpen) {
      at = parseEmbedded(lexer, writer, at, pos, parseExpr);
      exprs++;
      continue;
    }
    const end = pathPieceEnd(bytes, at);
    if (end === at) break;
    writer.push(writer.node1(stringNode, pos, writer.text(bytes, at, end)));
    at = end;
  }
  if (bytes[at - 1] === slash) lexer.fail("path has a trailing slash");
  lexer.continueFrom(at);
  return exprs;
}

function found(lexer: Lexer): string {
  return lexer.kind === "end" ? "end of file" : `'${lexer.tokenText}'`;
}

function pathPieceEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isPathPart(bytes[at])) at++;
  const end = skipPathSegments(bytes, at);
  const goesOn = bytes[at + 1] === dollar && bytes[at + 2] === braceOpen;
  return end > at || bytes[at] !== slash || !goesOn ? end : at + 1;
}
