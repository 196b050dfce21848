/** Character classes of Nix's lexer, as a table over the 256 bytes. */

const identifierStart = 1;
const identifierPart = 2;
const digit = 4;
const pathPart = 8;
const uriPart = 16;
const schemePart = 32;
const space = 64;

const classes: Uint8Array = makeClasses();

function makeClasses(): Uint8Array {
  const table = new Uint8Array(256);
  const mark = (characters: string, bits: number): void => {
    for (const character of characters) {
      const code = character.charCodeAt(0);
      table[code] = (table[code] ?? 0) | bits;
    }
  };
  const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const digits = "0123456789";
  mark(letters, identifierStart | identifierPart | pathPart | uriPart | schemePart);
  mark(digits, identifierPart | digit | pathPart | uriPart | schemePart);
  mark("_", identifierStart | identifierPart | pathPart | uriPart);
  mark("'", identifierPart | uriPart);
  mark("-", identifierPart | pathPart | uriPart | schemePart);
  mark(".+", pathPart | uriPart | schemePart);
  mark("%/?:@&=$,!~*", uriPart);
  mark(" \t\r\n", space);
  return table;
}

function has(code: number, bits: number): boolean {
  return code < 256 && ((classes[code] ?? 0) & bits) !== 0;
}

export function isIdentifierStart(code: number): boolean {
  return has(code, identifierStart);
}

export function isIdentifierPart(code: number): boolean {
  return has(code, identifierPart);
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

export function isPathPart(code: number): boolean {
  return has(code, pathPart);
}

export function isUriPart(code: number): boolean {
  return has(code, uriPart);
}

export function isSchemePart(code: number): boolean {
  return has(code, schemePart);
}

export function isSpace(code: number): boolean {
  return has(code, space);
}
