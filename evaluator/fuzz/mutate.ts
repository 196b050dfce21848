/** Changes of a program's text: some keep its meaning (comments, blanks), most break it. */
import type { Random } from "./random.ts";

const BLANKS = ["\n", "  ", " /* c */ ", " # c\n", "\t", "\r\n", " /**/ "] as const;
const TOKENS =
  "( ) [ ] { } ; : , . ... = == != < > <= >= && || -> ! ? @ + ++ - * / // let in rec with assert if then else inherit or '' \" ${ $ a 1 1.5 ./x <x> x:y ~/a \\ # /*".split(
    " ",
  );

export function addBlanks(text: string, random: Random): string {
  return text.replaceAll(/(?<=[\w)\]}=;:]) (?=[\w([{=])/g, (blank) => (random.oneIn(12) ? random.pick(BLANKS) : blank));
}

/** One to three tokens removed, doubled, swapped or inserted. */
export function breakText(text: string, random: Random): string {
  let tokens: string[] = text.match(/[\w'-]+|\s+|[^\w\s]/g) ?? [];
  for (let n = 1 + random.below(3); n > 0; n--) tokens = breakOnce(tokens, random);
  return tokens.join("");
}

function breakOnce(tokens: readonly string[], random: Random): string[] {
  const at = random.below(Math.max(1, tokens.length));
  const token = tokens[at] ?? "";
  switch (random.below(4)) {
    case 0:
      return tokens.toSpliced(at, 1);
    case 1:
      return tokens.toSpliced(at, 0, token);
    case 2:
      return tokens.toSpliced(at, 2, tokens[at + 1] ?? "", token);
    default:
      return tokens.toSpliced(at, 0, TOKENS[random.below(TOKENS.length)] ?? "");
  }
}
