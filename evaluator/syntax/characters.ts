/** Character classes of Nix's lexer, as a table over the 256 bytes. */

export const identifierStart = 1;
export const identifierPart = 2;
export const digit = 4;
export const pathPart = 8;
export const uriPart = 16;
export const schemePart = 32;
export const space = 64;
/** In a `".."` string: stands for itself. */
export const plainInString = 128;

/** Bits of each byte. */
export const classes: Uint8Array = makeClasses();

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
  for (let code = 1; code < 256; code++) table[code] = (table[code] ?? 0) | plainInString;
  for (const special of '"\\$\r') table[special.charCodeAt(0)] = (table[special.charCodeAt(0)] ?? 0) & ~plainInString;
  return table;
}
