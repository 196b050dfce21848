/** What a person probably meant, for the slips that are common. */

const keywords: ReadonlySet<string> = new Set(["if", "then", "else", "assert", "with", "let", "in", "rec", "inherit"]);

/** @param found the token that did not fit; @param expected what the parser was looking for, as its message says */
export function syntaxHint(found: string, expected: string | undefined): string | undefined {
  if (keywords.has(found) && /name$/.test(expected ?? "")) {
    return `'${found}' is a keyword; as the name of an attribute it is written "${found}"`;
  }
  if (expected === "a list element or ']'") return listHint(found);
  if (expected === "';'") return "A ';' is missing before it";
  if (found === "=" && expected === undefined) return "Equality is written '=='";
  return undefined;
}

function listHint(found: string): string | undefined {
  if (found === ",") return "The elements of a list are separated by blanks";
  if (found === ":") return "In a list a function needs parentheses around it";
  if (keywords.has(found)) return `In a list an expression with '${found}' needs parentheses around it`;
  return undefined;
}
