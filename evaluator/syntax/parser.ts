/**
 * Recursive descent over the tokens of `lexer.ts`, precedence climbing for operators. It accepts what Nix's grammar
 * accepts, quirks included: `-`, `*`, `/`, `<` are calls of `__sub`, `__mul`, `__div`, `__lessThan` looked up in scope;
 * `f or` is a call with a variable named `or`; `let { body = ..; }`. Variables are left unbound (`compile/resolve.ts`).
 */
import { EvaluationError } from "../errors.ts";
import type {
  AttributeSet,
  BinaryOperator,
  Expr,
  Formal,
  Formals,
  Lambda,
  Literal,
  PathStep,
  Variable,
} from "./ast.ts";
import { AttributeBuilder } from "./attribute-builder.ts";
import { canonicalPath } from "./canonical-path.ts";
import { intern } from "./intern.ts";
import { Lexer, type TokenKind } from "./lexer.ts";
import type { SourceFile, Sources } from "./source-file.ts";
import { parseIndentedParts, parsePathParts, parseStringParts, type StringPart } from "./string-parts.ts";
import { syntaxHint } from "./syntax-hint.ts";

export interface ParseOptions {
  /** What relative paths are relative to. */
  readonly folder: string;
  /** What `~` stands for. */
  readonly home: string;
  /** The experimental `|>` and `<|`. */
  readonly pipeOperators: boolean;
}

/** @throws {EvaluationError} of kind `syntax` */
export function parse(sources: Sources, file: SourceFile, options: ParseOptions): Expr {
  return new Parser(sources, file, options).parseAll();
}

interface Operator {
  readonly power: number;
  readonly associates: "left" | "right" | "none";
}

const operators: ReadonlyMap<TokenKind, Operator> = new Map<TokenKind, Operator>([
  ["|>", { power: 1, associates: "left" }],
  ["<|", { power: 1, associates: "right" }],
  ["->", { power: 2, associates: "right" }],
  ["||", { power: 3, associates: "left" }],
  ["&&", { power: 4, associates: "left" }],
  ["==", { power: 5, associates: "none" }],
  ["!=", { power: 5, associates: "none" }],
  ["<", { power: 6, associates: "none" }],
  [">", { power: 6, associates: "none" }],
  ["<=", { power: 6, associates: "none" }],
  [">=", { power: 6, associates: "none" }],
  ["//", { power: 7, associates: "right" }],
  ["+", { power: 9, associates: "left" }],
  ["-", { power: 9, associates: "left" }],
  ["*", { power: 10, associates: "left" }],
  ["/", { power: 10, associates: "left" }],
  ["++", { power: 11, associates: "right" }],
  ["?", { power: 12, associates: "left" }],
]);
const notPower = 8;
const negatePower = 13;

const maxInt = 0x7fffffffffffffffn;
const minNormal = 2.2250738585072014e-308;

class Parser {
  readonly #lexer: Lexer;
  readonly #base: number;
  readonly #options: ParseOptions;
  readonly #builder: AttributeBuilder;
  /** Offsets of the brackets that are open. */
  readonly #opened: number[] = [];

  constructor(sources: Sources, file: SourceFile, options: ParseOptions) {
    this.#lexer = new Lexer(file);
    this.#base = file.base;
    this.#options = options;
    this.#builder = new AttributeBuilder(sources);
  }

  parseAll(): Expr {
    this.#lexer.next();
    const expr = this.#expr();
    if (this.#lexer.kind !== "end") this.#unexpected();
    return expr;
  }

  get #pos(): number {
    return this.#base + this.#lexer.start;
  }

  #unexpected(expected?: string): never {
    const lexer = this.#lexer;
    const found = lexer.kind === "end" ? "end of file" : `'${lexer.tokenText}'`;
    throw new EvaluationError(
      "syntax",
      `syntax error, unexpected ${found}${expected === undefined ? "" : `, expected ${expected}`}`,
      this.#pos,
      lexer.kind === "end" ? this.#unclosedHint() : syntaxHint(lexer.tokenText, expected),
    );
  }

  /** Where the innermost bracket was opened that the end of the file leaves open. */
  #unclosedHint(): string | undefined {
    const start = this.#opened.at(-1);
    if (start === undefined) return undefined;
    const { line, column } = this.#lexer.file.lineAndColumn(start);
    return `The '${this.#lexer.text.charAt(start)}' of line ${line}, column ${column} is not closed`;
  }

  #open(kind: TokenKind): void {
    this.#opened.push(this.#lexer.start);
    this.#expect(kind);
  }

  #close(kind: TokenKind): void {
    this.#expect(kind);
    this.#opened.pop();
  }

  #accept(kind: TokenKind): boolean {
    if (this.#lexer.kind !== kind) return false;
    this.#lexer.next();
    return true;
  }

  #expect(kind: TokenKind): void {
    if (!this.#accept(kind)) this.#unexpected(`'${kind}'`);
  }

  #name(): string {
    if (this.#lexer.kind !== "name") this.#unexpected("a name");
    const name = intern(this.#lexer.tokenText);
    this.#lexer.next();
    return name;
  }

  readonly #expr = (): Expr => {
    switch (this.#lexer.kind) {
      case "name":
        return this.#lambdaFromName() ?? this.#operation(0);
      case "{":
        return this.#startsFormals() ? this.#lambdaFromFormals(null) : this.#operation(0);
      case "assert":
        return this.#assert();
      case "with":
        return this.#with();
      case "let":
        return this.#let() ?? this.#operation(0);
      case "if":
        return this.#conditional();
      default:
        return this.#operation(0);
    }
  };

  #lambdaFromName(): Expr | null {
    const lexer = this.#lexer;
    const mark = lexer.mark();
    const pos = this.#pos;
    const nameEnd = lexer.end;
    if (!mayStartLambda(lexer.text, nameEnd)) return null;
    const name = this.#name();
    if (this.#accept(":")) return this.#simpleLambda(name, pos);
    if (this.#accept("@")) return this.#lambdaFromFormals(name, pos);
    lexer.reset(mark);
    return null;
  }

  #simpleLambda(parameter: string, pos: number): Lambda {
    const body = this.#expr();
    if (body.kind === "lambda" && body.formals === null) {
      return { ...body, parameters: [parameter, ...body.parameters], pos };
    }
    return { kind: "lambda", parameters: [parameter], formals: null, body, pos, name: null };
  }

  /** At `{`: is it the pattern of a function? */
  #startsFormals(): boolean {
    const lexer = this.#lexer;
    const mark = lexer.mark();
    lexer.next();
    const answer = this.#looksLikeFormals();
    lexer.reset(mark);
    return answer;
  }

  #looksLikeFormals(): boolean {
    const lexer = this.#lexer;
    if (lexer.kind === "...") return true;
    const closes = (): boolean => lexer.kind === ":" || lexer.kind === "@";
    if (this.#accept("}")) return closes();
    if (!this.#accept("name")) return false;
    return lexer.kind === "," || lexer.kind === "?" || lexer.kind === "}";
  }

  #lambdaFromFormals(alias: string | null, start?: number): Lambda {
    const pos = start ?? this.#pos;
    const formals = this.#formals();
    let name = alias;
    if (name === null && this.#accept("@")) name = this.#name();
    if (name !== null && formals.list.some((formal) => formal.name === name)) {
      throw new EvaluationError("syntax", `duplicate formal function argument '${name}'`, pos);
    }
    this.#expect(":");
    const body = this.#expr();
    return { kind: "lambda", parameters: name === null ? [] : [name], formals, body, pos, name: null };
  }

  #formals(): Formals {
    this.#open("{");
    const list: Formal[] = [];
    const seen = new Set<string>();
    let ellipsis = false;
    while (this.#lexer.kind !== "}") {
      if (this.#accept("...")) {
        ellipsis = true;
        break;
      }
      const pos = this.#pos;
      const name = this.#name();
      if (seen.has(name)) throw new EvaluationError("syntax", `duplicate formal function argument '${name}'`, pos);
      seen.add(name);
      list.push({ name, pos, fallback: this.#accept("?") ? this.#expr() : null });
      if (!this.#accept(",")) break;
    }
    this.#close("}");
    return { list, ellipsis };
  }

  #assert(): Expr {
    const pos = this.#pos;
    this.#lexer.next();
    const from = this.#lexer.start;
    const condition = this.#expr();
    const text = this.#lexer.text.slice(from, this.#lexer.start).trimEnd();
    this.#expect(";");
    return { kind: "assert", condition, text, body: this.#expr(), pos };
  }

  #with(): Expr {
    const pos = this.#pos;
    this.#lexer.next();
    const scope = this.#expr();
    this.#expect(";");
    return { kind: "with", scope, body: this.#expr(), pos };
  }

  /** `let .. in ..`; null for `let { .. }`, which is an operand. */
  #let(): Expr | null {
    const lexer = this.#lexer;
    const mark = lexer.mark();
    const pos = this.#pos;
    lexer.next();
    if (lexer.kind === "{") {
      lexer.reset(mark);
      return null;
    }
    const bindings = this.#builder.create(true, pos);
    this.#bindings(bindings, "in");
    const dynamic = bindings.dynamicAttributes[0];
    if (dynamic !== undefined)
      throw new EvaluationError("syntax", "dynamic attributes not allowed in let", dynamic.pos);
    this.#expect("in");
    return { kind: "let", bindings, body: this.#expr(), pos };
  }

  #conditional(): Expr {
    const pos = this.#pos;
    this.#lexer.next();
    const condition = this.#expr();
    this.#expect("then");
    const consequent = this.#expr();
    this.#expect("else");
    return { kind: "conditional", condition, consequent, alternative: this.#expr(), pos };
  }

  #operation(minimum: number): Expr {
    let left = this.#prefix();
    let forbidden = -1;
    for (;;) {
      const kind = this.#lexer.kind;
      const operator = operators.get(kind);
      if (operator === undefined || operator.power < minimum) return left;
      if (operator.power === forbidden) this.#unexpected();
      if (operator.power === 1 && !this.#options.pipeOperators) this.#unexpected();
      const pos = this.#pos;
      this.#lexer.next();
      if (kind === "?") left = { kind: "has-attribute", from: left, path: this.#attributePath(), pos };
      else {
        const right = this.#operation(operator.associates === "right" ? operator.power : operator.power + 1);
        left = this.#binary(kind, left, right, pos);
      }
      forbidden = operator.associates === "none" ? operator.power : -1;
    }
  }

  #prefix(): Expr {
    const pos = this.#pos;
    if (this.#accept("!")) return { kind: "not", operand: this.#operation(notPower), pos };
    if (this.#accept("-")) {
      const zero: Literal = { kind: "literal", type: "int", value: 0, pos };
      return this.#call("__sub", [zero, this.#operation(negatePower)], pos);
    }
    return this.#application();
  }

  #call(name: string, args: readonly Expr[], pos: number): Expr {
    return { kind: "application", callee: variable(name, pos), args, pos };
  }

  #binary(kind: TokenKind, left: Expr, right: Expr, pos: number): Expr {
    switch (kind) {
      case "+":
        return { kind: "interpolation", type: "plus", parts: [left, right], pos };
      case "-":
        return this.#call("__sub", [left, right], pos);
      case "*":
        return this.#call("__mul", [left, right], pos);
      case "/":
        return this.#call("__div", [left, right], pos);
      case "<":
        return this.#call("__lessThan", [left, right], pos);
      case ">":
        return this.#call("__lessThan", [right, left], pos);
      case "<=":
        return { kind: "not", operand: this.#call("__lessThan", [right, left], pos), pos };
      case ">=":
        return { kind: "not", operand: this.#call("__lessThan", [left, right], pos), pos };
      case "|>":
        return { kind: "application", callee: right, args: [left], pos };
      case "<|":
        return { kind: "application", callee: left, args: [right], pos };
      default:
        return { kind: "binary", operator: binaryOperator(kind), left, right, pos };
    }
  }

  #application(): Expr {
    const callee = this.#select();
    if (!startsOperand(this.#lexer.kind)) return callee;
    const args: Expr[] = [];
    while (startsOperand(this.#lexer.kind)) args.push(this.#select());
    return { kind: "application", callee, args, pos: callee.pos };
  }

  #select(): Expr {
    const pos = this.#pos;
    const from = this.#simple();
    if (this.#lexer.kind === "or") {
      const orPos = this.#pos;
      this.#lexer.next();
      return { kind: "application", callee: from, args: [variable("or", orPos)], pos };
    }
    if (!this.#accept(".")) return from;
    const path = this.#attributePath();
    const fallback = this.#accept("or") ? this.#select() : null;
    return { kind: "select", from, path, fallback, pos };
  }

  #attributePath(): PathStep[] {
    const path: PathStep[] = [];
    do path.push(this.#pathStep());
    while (this.#accept("."));
    return path;
  }

  #pathStep(): PathStep {
    const lexer = this.#lexer;
    if (lexer.kind === "name" || lexer.kind === "or") {
      const name = intern(lexer.tokenText);
      lexer.next();
      return name;
    }
    if (lexer.kind === "string-open") {
      const string = this.#string();
      return string.kind === "literal" ? intern(String(string.value)) : string;
    }
    if (!this.#accept("${")) this.#unexpected("an attribute name");
    const expr = this.#expr();
    this.#expect("}");
    return expr.kind === "literal" && expr.type === "string" ? intern(String(expr.value)) : expr;
  }

  #simple(): Expr {
    const lexer = this.#lexer;
    const pos = this.#pos;
    switch (lexer.kind) {
      case "name": {
        const text = lexer.tokenText;
        lexer.next();
        return text === "__curPos" ? { kind: "current-position", pos } : variable(intern(text), pos);
      }
      case "int":
      case "float":
      case "uri":
        return this.#literal(lexer.kind, lexer.tokenText, pos);
      case "string-open":
        return this.#string();
      case "indented-open":
        return joinParts(parseIndentedParts(lexer, this.#expr), pos);
      case "search-path": {
        const path = lexer.tokenText.slice(1, -1);
        lexer.next();
        return searchPath(path, pos);
      }
      case "path":
      case "home-path":
      case "path-start":
      case "home-path-start":
        return this.#path(lexer.tokenText, pos);
      case "(":
        return this.#parenthesised();
      case "[":
        return this.#list(pos);
      case "rec":
        lexer.next();
        return this.#braced(true, pos);
      case "{":
        return this.#braced(false, pos);
      case "let":
        return this.#legacyLet(pos);
      default:
        this.#unexpected();
    }
  }

  #literal(kind: "int" | "float" | "uri", text: string, pos: number): Expr {
    this.#lexer.next();
    if (kind === "uri") return stringLiteral(text, pos);
    const value = kind === "int" ? parseInteger(text, pos) : parseFloatLiteral(text, pos);
    return { kind: "literal", type: kind, value, pos };
  }

  #string(): Expr {
    const pos = this.#pos;
    return joinParts(parseStringParts(this.#lexer, this.#expr), pos);
  }

  #path(start: string, pos: number): Expr {
    const parts = parsePathParts(this.#lexer, this.#expr);
    const inHome = start.startsWith("~");
    const full = inHome ? this.#options.home + start.slice(1) : start;
    const path = canonicalPath(full, this.#options.folder);
    const first: Expr = { kind: "path", path, pos };
    if (parts.length === 0) return first;
    if (parts.every((part) => typeof part === "string")) {
      throw new EvaluationError("syntax", `path '${start}${parts.join("")}' has two slashes in a row`, pos);
    }
    const rest = parts.map((part) => (typeof part === "string" ? stringLiteral(part, pos) : part));
    // What is lost by making the start canonical: the slash before `${`.
    const slash = start.endsWith("/") && path !== "/" ? [stringLiteral("/", pos)] : [];
    return { kind: "interpolation", type: "path", parts: [first, ...slash, ...rest], pos };
  }

  #parenthesised(): Expr {
    this.#open("(");
    const expr = this.#expr();
    this.#close(")");
    return expr;
  }

  #list(pos: number): Expr {
    this.#open("[");
    const elements: Expr[] = [];
    while (this.#lexer.kind !== "]") {
      if (!startsOperand(this.#lexer.kind)) this.#unexpected("a list element or ']'");
      elements.push(this.#select());
    }
    this.#close("]");
    return { kind: "list", elements, pos };
  }

  #braced(recursive: boolean, pos: number): AttributeSet {
    this.#open("{");
    const set = this.#builder.create(recursive, pos);
    this.#bindings(set, "}");
    this.#close("}");
    return set;
  }

  #legacyLet(pos: number): Expr {
    this.#lexer.next();
    const from = this.#braced(true, pos);
    return { kind: "select", from, path: ["body"], fallback: null, pos };
  }

  #bindings(set: AttributeSet, closing: TokenKind): void {
    while (this.#lexer.kind !== closing) {
      if (this.#accept("inherit")) this.#inherit(set);
      else this.#binding(set);
    }
  }

  #binding(set: AttributeSet): void {
    const pos = this.#pos;
    const path = this.#attributePath();
    if (!this.#accept("=")) this.#unexpected("'=' or '.'");
    const value = this.#expr();
    if (!this.#accept(";")) this.#unexpected("';'");
    this.#builder.bind(set, path, value, pos);
  }

  #inherit(set: AttributeSet): void {
    let source = -1;
    if (this.#accept("(")) {
      source = this.#builder.addSource(set, this.#expr());
      this.#expect(")");
    }
    while (!this.#accept(";")) {
      const pos = this.#pos;
      const name = this.#pathStep();
      if (typeof name !== "string")
        throw new EvaluationError("syntax", "dynamic attributes not allowed in inherit", pos);
      const value: Expr = source < 0 ? variable(name, pos) : { kind: "inherited-from", source, name, pos };
      this.#builder.inherit(set, { name, pos, value, inherited: source < 0 });
    }
  }
}

/** After a name: blanks, then `:` or `@`? Saves a token of look-ahead for almost every variable. */
function mayStartLambda(text: string, from: number): boolean {
  let at = from;
  while (text.charCodeAt(at) === 32) at++;
  const code = text.charCodeAt(at);
  return code === 58 || code === 64 || code === 35 || code === 47 || code === 10 || code === 13 || code === 9;
}

function startsOperand(kind: TokenKind): boolean {
  switch (kind) {
    case "name":
    case "int":
    case "float":
    case "uri":
    case "string-open":
    case "indented-open":
    case "search-path":
    case "path":
    case "home-path":
    case "path-start":
    case "home-path-start":
    case "(":
    case "[":
    case "{":
    case "rec":
    case "let":
      return true;
    default:
      return false;
  }
}

function binaryOperator(kind: TokenKind): BinaryOperator {
  switch (kind) {
    case "==":
    case "!=":
    case "&&":
    case "||":
    case "->":
    case "//":
    case "++":
      return kind;
    default:
      throw new Error(`Not a binary operator: ${kind}`);
  }
}

function variable(name: string, pos: number): Variable {
  return { kind: "variable", name, pos, binding: null };
}

function searchPath(path: string, pos: number): Expr {
  return {
    kind: "search-path",
    path,
    finder: variable("__findFile", pos),
    searchPath: variable("__nixPath", pos),
    pos,
  };
}

function stringLiteral(value: string, pos: number): Literal {
  return { kind: "literal", type: "string", value, pos };
}

function parseInteger(text: string, pos: number): number | bigint {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  const big = BigInt(text);
  if (big > maxInt) throw new EvaluationError("syntax", `invalid integer '${text}'`, pos);
  return big;
}

/** Like C's `strtod`, which Nix uses: neither infinite nor so small that digits are lost. */
function parseFloatLiteral(text: string, pos: number): number {
  const value = Number(text);
  const isZero = !/[1-9]/.test(text.split(/[eE]/)[0] ?? "");
  if (!Number.isFinite(value) || (value < minNormal && !isZero)) {
    throw new EvaluationError("syntax", `invalid float '${text}'`, pos);
  }
  return value;
}

/** A literal when there is nothing to compute. */
function joinParts(parts: readonly StringPart[], pos: number): Expr {
  const joined: Expr[] = [];
  let text = "";
  const flush = (): void => {
    if (text !== "") joined.push(stringLiteral(text, pos));
    text = "";
  };
  for (const part of parts) {
    if (typeof part === "string") {
      text += part;
    } else {
      flush();
      joined.push(part);
    }
  }
  if (joined.length === 0) return stringLiteral(text, pos);
  flush();
  return { kind: "interpolation", type: "string", parts: joined, pos };
}
