/**
 * Bracket expressions of POSIX extended regular expressions (`[^a-z[:digit:]]`), as sets over the 256 bytes.
 *
 * The rules are those of libstdc++ in the C locale, which is what C++ Nix matches with: ranges compare signed bytes (so
 * `[a-\xff]` is an error), a class may not begin a range, an equivalence class ignores case, and the names of classes do too.
 */

/** Membership by byte: 1 when the byte is in the set. */
export type ByteSet = Uint8Array;

/** Thrown by the parser with the reason; the caller names the whole pattern. */
export class RegexSyntaxError extends Error {
  override readonly name: string = "RegexSyntaxError";
}

const COLLATING_NAMES = (
  "NUL SOH STX ETX EOT ENQ ACK alert backspace tab newline vertical-tab form-feed carriage-return SO SI DLE DC1 DC2 DC3 " +
  "DC4 NAK SYN ETB CAN EM SUB ESC IS4 IS3 IS2 IS1 space exclamation-mark quotation-mark number-sign dollar-sign " +
  "percent-sign ampersand apostrophe left-parenthesis right-parenthesis asterisk plus-sign comma hyphen period slash " +
  "zero one two three four five six seven eight nine colon semicolon less-than-sign equals-sign greater-than-sign " +
  "question-mark commercial-at A B C D E F G H I J K L M N O P Q R S T U V W X Y Z left-square-bracket backslash " +
  "right-square-bracket circumflex underscore grave-accent a b c d e f g h i j k l m n o p q r s t u v w x y z " +
  "left-curly-bracket vertical-line right-curly-bracket tilde DEL"
).split(" ");

const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the class of control characters
  cntrl: /[\x00-\x1f\x7f]/,
  d: /[0-9]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  s: /[ \t-\r]/,
  space: /[ \t-\r]/,
  upper: /[A-Z]/,
  w: /[0-9A-Za-z_]/,
  xdigit: /[0-9A-Fa-f]/,
};

/** A token inside brackets. A `class` covers `[:name:]`, `[=x=]`. */
type Token =
  | { readonly kind: "char"; readonly code: number }
  | { readonly kind: "symbol"; readonly code: number }
  | { readonly kind: "class"; readonly set: ByteSet }
  | { readonly kind: "dash" }
  | { readonly kind: "end" };

/** What the last item was: a byte that may begin a range, a class, or neither. */
type Pending = number | "class" | null;

/**
 * Parses a bracket expression whose `[` (and `^`) has been read.
 * @param start index of the first character of the contents
 * @returns the set and the index after the closing bracket
 */
export function parseBracket(
  pattern: string,
  start: number,
  negated: boolean,
): { readonly set: ByteSet; readonly end: number } {
  const parser = new BracketParser(pattern, start);
  const set = parser.parse();
  if (negated) for (let code = 0; code < 256; code++) set[code] = set[code] === 0 ? 1 : 0;
  return { set, end: parser.position };
}

class BracketParser {
  readonly #pattern: string;
  readonly #start: number;
  readonly #set: ByteSet = new Uint8Array(256);
  position: number;

  constructor(pattern: string, start: number) {
    this.#pattern = pattern;
    this.#start = start;
    this.position = start;
  }

  parse(): ByteSet {
    let pending: Pending = null;
    let token = this.#next();
    if (token.kind === "dash") {
      pending = 0x2d;
      this.#set[0x2d] = 1;
      token = this.#next();
    }
    for (; token.kind !== "end"; token = this.#next()) {
      if (token.kind !== "dash") pending = this.#add(token);
      else if (this.#pattern[this.position] === "]") this.#set[0x2d] = 1;
      else pending = this.#addRange(pending);
    }
    return this.#set;
  }

  #add(token: Exclude<Token, { kind: "dash" | "end" }>): Pending {
    if (token.kind === "class") {
      for (let code = 0; code < 256; code++) if (token.set[code] === 1) this.#set[code] = 1;
      return "class";
    }
    this.#set[token.code] = 1;
    return token.code;
  }

  #addRange(first: Pending): null {
    if (typeof first !== "number") throw new RegexSyntaxError("a '-' stands where no range can begin");
    const last = this.#next();
    if (last.kind !== "char" && last.kind !== "dash") throw new RegexSyntaxError("a range has no end");
    const low = signedByte(first);
    const high = signedByte(last.kind === "dash" ? 0x2d : last.code);
    if (low > high) throw new RegexSyntaxError("a range ends before it begins");
    for (let code = low; code <= high; code++) this.#set[code & 0xff] = 1;
    return null;
  }

  #next(): Token {
    const at = this.position;
    const char = this.#pattern[at];
    if (char === undefined) throw new RegexSyntaxError("a '[' is not closed");
    this.position = at + 1;
    if (char === "-") return { kind: "dash" };
    if (char === "]" && at !== this.#start) return { kind: "end" };
    if (char !== "[") return { kind: "char", code: char.charCodeAt(0) };
    const mark = this.#pattern[at + 1];
    if (mark === undefined) throw new RegexSyntaxError("a '[' is not closed");
    if (mark === ".") return { kind: "symbol", code: collatingElement(this.#named(mark)) };
    if (mark === ":") return { kind: "class", set: characterClass(this.#named(mark)) };
    if (mark === "=") return { kind: "class", set: equivalenceClass(this.#named(mark)) };
    return { kind: "char", code: 0x5b };
  }

  /** The text between `[:` and `:]`. */
  #named(mark: string): string {
    const close = this.#pattern.indexOf(mark, this.position + 1);
    if (close < 0 || this.#pattern[close + 1] !== "]") throw new RegexSyntaxError(`a '[${mark}' is not closed`);
    const name = this.#pattern.slice(this.position + 1, close);
    this.position = close + 2;
    return name;
  }
}

function signedByte(code: number): number {
  return code < 128 ? code : code - 256;
}

function collatingElement(name: string): number {
  const code = COLLATING_NAMES.indexOf(name);
  if (code >= 0) return code;
  throw new RegexSyntaxError(`there is no collating element '${name}'`);
}

function characterClass(name: string): ByteSet {
  const members = Object.hasOwn(CLASSES, name.toLowerCase()) ? CLASSES[name.toLowerCase()] : undefined;
  if (members === undefined) throw new RegexSyntaxError(`there is no character class '${name}'`);
  return setWhere((char) => members.test(char));
}

function equivalenceClass(name: string): ByteSet {
  const lower = String.fromCharCode(collatingElement(name)).toLowerCase();
  return setWhere((char) => char.toLowerCase() === lower);
}

function setWhere(contains: (char: string) => boolean): ByteSet {
  const set = new Uint8Array(256);
  for (let code = 0; code < 128; code++) if (contains(String.fromCharCode(code))) set[code] = 1;
  return set;
}
