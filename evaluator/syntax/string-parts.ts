/**
 * The inside of strings and interpolated paths. Each function starts right after the opening token (`lexer.end`), parses
 * embedded expressions through `parseExpr`, and leaves the lexer on the first token after the closing quote.
 *
 * In indented strings only pieces of raw text take part in finding the indentation; escapes and `${..}` end it. Which piece
 * is which matters (the last piece loses its trailing spaces), so the pieces are kept as Nix's lexer would cut them.
 */
import type { Expr } from "./ast.ts";
import { isPathPart } from "./characters.ts";
import type { Lexer } from "./lexer.ts";
import { skipPathSegments } from "./lexer.ts";

export type StringPart = string | Expr;

const quote = 34;
const apostrophe = 39;
const dollar = 36;
const backslash = 92;
const braceOpen = 123;
const slash = 47;

/** The parts of a `"..."` string, text unescaped. */
export function parseStringParts(lexer: Lexer, parseExpr: () => Expr): StringPart[] {
  const { text } = lexer;
  const opening = lexer.start;
  const parts: StringPart[] = [];
  let from = lexer.end;
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === quote) break;
    if (code === backslash) at += 2;
    else if (code === dollar && text.charCodeAt(at + 1) === braceOpen) {
      if (at > from) parts.push(resolveEscapes(text.slice(from, at)));
      at = from = parseEmbedded(lexer, at, parts, parseExpr);
    } else if (code === dollar && text.charCodeAt(at + 1) !== quote && text.charCodeAt(at + 1) !== backslash) at += 2;
    else if (at >= text.length) lexer.fail("unterminated string", opening);
    else at++;
  }
  if (at > from) parts.push(resolveEscapes(text.slice(from, at)));
  lexer.continueFrom(at + 1);
  return parts;
}

function parseEmbedded(lexer: Lexer, at: number, parts: StringPart[], parseExpr: () => Expr): number {
  lexer.continueFrom(at + 2);
  parts.push(parseExpr());
  if (lexer.kind !== "}") lexer.fail(`syntax error, unexpected ${found(lexer)}, expected '}'`);
  return lexer.end;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

/** Resolves backslashes, and makes CR and CR LF a line feed as Nix does. */
function resolveEscapes(raw: string): string {
  if (!raw.includes("\\") && !raw.includes("\r")) return raw;
  return raw.replace(/\\([\s\S])|\r\n?/g, (_match, escaped: string | undefined) =>
    escaped === undefined ? "\n" : (escapes.get(escaped) ?? escaped),
  );
}

interface IndentedPiece {
  readonly text: string;
  readonly raw: boolean;
}

/** The parts of a `''...''` string, stripped of their common indentation. */
export function parseIndentedParts(lexer: Lexer, parseExpr: () => Expr): StringPart[] {
  const pieces: (IndentedPiece | Expr)[] = [];
  const { text } = lexer;
  const opening = lexer.start;
  let at = skipFirstLine(text, lexer.end);
  for (;;) {
    if (at >= text.length) lexer.fail("unterminated indented string", opening);
    const end = rawPieceEnd(text, at);
    if (end > at) {
      pieces.push({ text: text.slice(at, end), raw: true });
      at = end;
    } else if (text.startsWith("${", at)) {
      const embedded: StringPart[] = [];
      at = parseEmbedded(lexer, at, embedded, parseExpr);
      for (const part of embedded) if (typeof part !== "string") pieces.push(part);
    } else if (text.startsWith("''", at)) {
      const escaped = indentedEscape(text, at);
      if (escaped === null) break;
      pieces.push({ text: escaped.text, raw: false });
      at = escaped.end;
    } else {
      pieces.push({ text: text.charAt(at), raw: false });
      at++;
    }
  }
  lexer.continueFrom(at + 2);
  return stripIndentation(pieces);
}

/** Spaces up to the end of the first line belong to the opening quotes. */
function skipFirstLine(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === 32) at++;
  return text.charCodeAt(at) === 10 ? at + 1 : from;
}

/** End of the longest run of `[^$']`, `$[^{']` and `'[^'$]`. */
function rawPieceEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    const next = text.charCodeAt(at + 1);
    if (code === dollar) {
      if (next === braceOpen || next === apostrophe || Number.isNaN(next)) return at;
      at += 2;
    } else if (code === apostrophe) {
      if (next === apostrophe || next === dollar || Number.isNaN(next)) return at;
      at += 2;
    } else at++;
  }
  return at;
}

/** `''$`, `'''` and `''\x`; null for the closing quotes. */
function indentedEscape(text: string, at: number): { readonly text: string; readonly end: number } | null {
  const code = text.charCodeAt(at + 2);
  if (code === dollar) return { text: "$", end: at + 3 };
  if (code === apostrophe) return { text: "''", end: at + 3 };
  if (code === backslash) return { text: resolveEscapes(text.slice(at + 2, at + 4)), end: at + 4 };
  return null;
}

function stripIndentation(pieces: readonly (IndentedPiece | Expr)[]): StringPart[] {
  const indentation = smallestIndentation(pieces);
  let atLineStart = true;
  let dropped = 0;
  const strip = (text: string, isLast: boolean): string => {
    let result = "";
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 10) {
        atLineStart = true;
        dropped = 0;
      } else if (atLineStart && code === 32) {
        if (dropped++ < indentation) {
          result += text.slice(from, at);
          from = at + 1;
        }
      } else atLineStart = false;
    }
    result += text.slice(from);
    return isLast ? dropBlankLastLine(result) : result;
  };
  return pieces.map((piece, index) => {
    if ("raw" in piece) return strip(piece.text, index === pieces.length - 1);
    atLineStart = false;
    dropped = 0;
    return piece;
  });
}

function dropBlankLastLine(text: string): string {
  const lineFeed = text.lastIndexOf("\n");
  if (lineFeed < 0) return text;
  for (let at = lineFeed + 1; at < text.length; at++) if (text.charCodeAt(at) !== 32) return text;
  return text.slice(0, lineFeed + 1);
}

function smallestIndentation(pieces: readonly (IndentedPiece | Expr)[]): number {
  let smallest = Number.POSITIVE_INFINITY;
  let atLineStart = true;
  let current = 0;
  const endIndentation = (): void => {
    if (atLineStart) smallest = Math.min(smallest, current);
    atLineStart = false;
  };
  for (const piece of pieces) {
    if (!("raw" in piece) || !piece.raw) {
      endIndentation();
      continue;
    }
    for (let at = 0; at < piece.text.length; at++) {
      const code = piece.text.charCodeAt(at);
      if (code === 10) {
        atLineStart = true;
        current = 0;
      } else if (atLineStart && code === 32) current++;
      else endIndentation();
    }
  }
  return smallest;
}

/** The rest of a path that goes on with `${..}`: everything up to the first character that cannot belong to it. */
export function parsePathParts(lexer: Lexer, parseExpr: () => Expr): StringPart[] {
  const { text } = lexer;
  const parts: StringPart[] = [];
  let at = lexer.end;
  for (;;) {
    if (text.startsWith("${", at)) {
      at = parseEmbedded(lexer, at, parts, parseExpr);
      continue;
    }
    const end = pathPieceEnd(text, at);
    if (end === at) break;
    parts.push(text.slice(at, end));
    at = end;
  }
  if (text.charCodeAt(at - 1) === slash) lexer.fail("path has a trailing slash");
  lexer.continueFrom(at);
  return parts;
}

function found(lexer: Lexer): string {
  return lexer.kind === "end" ? "end of file" : `'${lexer.tokenText}'`;
}

function pathPieceEnd(text: string, from: number): number {
  let at = from;
  while (isPathPart(text.charCodeAt(at))) at++;
  const end = skipPathSegments(text, at);
  return end > at || text.charCodeAt(at) !== slash || !text.startsWith("${", at + 1) ? end : at + 1;
}
