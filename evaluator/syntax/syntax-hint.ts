/** What a person probably meant, for the slips that are common. */

const keywords: ReadonlySet<string> = new Set(["if", "then", "else", "assert", "with", "let", "in", "rec", "inherit"]);

/**
 * @param found the token that did not fit
 * @param expected what the parser was looking for, as its message says
 * @param before the text up to that token
 */
export function syntaxHint(found: string, expected: string | undefined, before: string): string | undefined {
  if (keywords.has(found) && /name$/.test(expected ?? "")) {
    return `'${found}' is a keyword; as the name of an attribute it is written "${found}"`;
  }
  if (expected === "a list element or ']'") return listHint(found);
  if (expected === "';'") return missingSemicolon(found, before);
  if (expected === "'else'") return "Every 'if' has an 'else'";
  if (found === "=") return "Equality is written '=='";
  if (found === ":" && /'='/.test(expected ?? "")) return "In a set it is 'name = value;'";
  return undefined;
}

/** In `a = 1 b.c = 2;` the parser takes `1 b.c` for a call and stumbles over the second '='. */
function missingSemicolon(found: string, before: string): string {
  const rest = found === "=" ? before.replace(/[\w'".$-]+\s*$/, "") : before;
  const end = rest.trimEnd();
  if (!/\n/.test(rest.slice(end.length))) return "A ';' is missing before it";
  return `A ';' is missing at the end of line ${end.split("\n").length}`;
}

function listHint(found: string): string | undefined {
  if (found === ";") return "The elements of a list are separated by blanks, and it ends with ']'";
  if (found === ",") return "The elements of a list are separated by blanks";
  if (found === ":") return "In a list a function needs parentheses around it";
  if (keywords.has(found)) return `In a list an expression with '${found}' needs parentheses around it`;
  return undefined;
}
