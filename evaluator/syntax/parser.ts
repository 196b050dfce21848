/**
 * Recursive descent over the tokens of `lexer.ts`, precedence climbing for operators. Nodes go to a `TreeWriter`; what
 * stands for an expression here is the offset of its node. It accepts what Nix's grammar accepts, quirks included: `-`, `*`,
 * `/`, `<` are calls of `__sub`, `__mul`, `__div`, `__lessThan` looked up in scope; `f or` is a call with a variable named
 * `or`; `let { body = ..; }`. Variables are left unbound (`compile/resolve.ts`).
 */
import { EvaluationError } from "../errors.ts";
import type { Expr } from "./ast.ts";
import { AttributeSets, type OpenSet } from "./attribute-sets.ts";
import { Lexer, type TokenKind } from "./lexer.ts";
import { hashName } from "./name-hash.ts";
import {
  applicationNode,
  assertNode,
  bigIntNode,
  binaryNode,
  binaryOperators,
  conditionalNode,
  currentPositionNode,
  ellipsisFlag,
  floatNode,
  formalsFlag,
  formalWords,
  hasAttributeNode,
  inheritedFromNode,
  interpolationNode,
  intNode,
  lambdaNode,
  letNode,
  listNode,
  notNode,
  operatorShift,
  pathNode,
  pathType,
  plusType,
  searchPathNode,
  selectNode,
  slashFlag,
  stringNode,
  unresolvedDepth,
  variableNode,
  withNode,
} from "./node-kinds.ts";
import type { SourceFile } from "./source-file.ts";
import { parseIndentedString, parsePathParts, parseString } from "./string-parts.ts";
import { syntaxHint } from "./syntax-hint.ts";
import type { SyntaxTree } from "./syntax-tree.ts";
import { TreeReader } from "./tree-reader.ts";
import { TreeWriter } from "./tree-writer.ts";

export interface SyntaxOptions {
  /** The experimental `|>` and `<|`. */
  readonly pipeOperators: boolean;
}

/** Its buffers serve one file after the other. */
const sharedWriter = new TreeWriter();

/** @throws {EvaluationError} of kind `syntax` */
export function parseTree(file: SourceFile, options: SyntaxOptions): SyntaxTree {
  return new Parser(file, options, sharedWriter).parseAll();
}

export interface ParseOptions extends SyntaxOptions {
  /** What relative paths are relative to. */
  readonly folder: string;
  /** What `~` stands for. */
  readonly home: string;
}

/**
 * The whole tree as expressions, for those who look at syntax; what is evaluated comes from a {@link TreeReader}.
 * @throws {EvaluationError} of kind `syntax`
 */
export function parse(file: SourceFile, options: ParseOptions): Expr {
  const tree = parseTree(file, options);
  return new TreeReader(tree, { base: file.base, ...options }).whole(tree.root);
}

const notPower = 8;
const negatePower = 13;
/** Offset of no node: a default or fallback that is not there. */
const none = 0;

const maxInt = 0x7fffffffffffffffn;
const minNormal = 2.2250738585072014e-308;
/** Integers with at most this many digits fit in a word of a node. */
const maxWordDigits = 9;

class Parser {
  readonly #lexer: Lexer;
  readonly #writer: TreeWriter;
  readonly #base: number;
  readonly #pipeOperators: boolean;
  readonly #sets: AttributeSets;
  /** Offsets of the brackets that are open. */
  readonly #opened: number[] = [];

  constructor(file: SourceFile, { pipeOperators }: SyntaxOptions, writer: TreeWriter) {
    this.#lexer = new Lexer(file);
    this.#writer = writer;
    this.#base = file.base;
    this.#pipeOperators = pipeOperators;
    this.#sets = new AttributeSets(file, writer);
  }

  parseAll(): SyntaxTree {
    this.#writer.begin(this.#lexer.length);
    this.#lexer.next();
    const expr = this.#expr();
    if (this.#lexer.kind !== "end") this.#unexpected();
    return this.#writer.finish(expr);
  }

  #fail(message: string, offset: number): never {
    throw new EvaluationError("syntax", message, this.#base + offset);
  }

  #unexpected(expected?: string): never {
    const lexer = this.#lexer;
    const found = lexer.kind === "end" ? "end of file" : `'${lexer.tokenText}'`;
    throw new EvaluationError(
      "syntax",
      `syntax error, unexpected ${found}${expected === undefined ? "" : `, expected ${expected}`}`,
      this.#base + lexer.start,
      lexer.kind === "end" ? this.#unclosedHint() : syntaxHint(lexer.tokenText, expected, lexer.slice(0, lexer.start)),
    );
  }

  /** Where the innermost bracket was opened that the end of the file leaves open. */
  #unclosedHint(): string | undefined {
    const start = this.#opened.at(-1);
    if (start === undefined) return undefined;
    const { line, column } = this.#lexer.file.lineAndColumn(start);
    return `The '${this.#lexer.slice(start, start + 1)}' of line ${line}, column ${column} is not closed`;
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

  #name(): number {
    if (this.#lexer.kind !== "name") this.#unexpected("a name");
    return this.#takeName();
  }

  /** The current token, which is a name, as a string of the tree. */
  #takeName(): number {
    const lexer = this.#lexer;
    const name = this.#writer.name(lexer.bytes, lexer.start, lexer.end, lexer.hash);
    lexer.next();
    return name;
  }

  /** A name that the grammar brings in. */
  #nameOf(text: string): number {
    return this.#writer.name(Buffer.from(text, "latin1"), 0, text.length, hashName(text));
  }

  #text(text: string): number {
    return this.#writer.text(Buffer.from(text, "latin1"), 0, text.length);
  }

  #variable(name: number, pos: number): number {
    return this.#writer.node3(variableNode, pos, name, unresolvedDepth, 0);
  }

  #posOf(node: number): number {
    return this.#writer.nodes[node + 1] as number;
  }

  readonly #expr = (): number => {
    switch (this.#lexer.kind) {
      case "name":
        return this.#mayStartLambda() ? this.#lambdaOrOperation() : this.#operation(0);
      case "{":
        return this.#startsFormals() ? this.#lambdaFromFormals(-1, this.#lexer.start) : this.#operation(0);
      case "assert":
        return this.#assert();
      case "with":
        return this.#with();
      case "let":
        return this.#letIn() ?? this.#operation(0);
      case "if":
        return this.#conditional();
      default:
        return this.#operation(0);
    }
  };

  /** After a name: blanks, then `:` or `@`, or a comment that may hide one? Saves a token of look-ahead for most names. */
  #mayStartLambda(): boolean {
    const { bytes, end } = this.#lexer;
    let at = end;
    let code = bytes[at];
    while (code === 32 || code === 10 || code === 13 || code === 9) code = bytes[++at];
    return code === 58 || code === 64 || code === 35 || (code === 47 && bytes[at + 1] === 42);
  }

  #lambdaOrOperation(): number {
    const lexer = this.#lexer;
    const pos = lexer.start;
    const { end, hash } = lexer;
    lexer.next();
    if (!this.#isKind(":") && !this.#isKind("@")) {
      lexer.continueFrom(pos);
      return this.#operation(0);
    }
    const name = this.#writer.name(lexer.bytes, pos, end, hash);
    if (this.#accept(":")) return this.#simpleLambda(name, pos);
    lexer.next();
    return this.#lambdaFromFormals(name, pos);
  }

  /** `a: b: c` is one node with two parameters: what was written for `b: c` is taken over and left behind. */
  #simpleLambda(parameter: number, pos: number): number {
    const writer = this.#writer;
    const mark = writer.top;
    writer.push(parameter);
    let body = this.#expr();
    if (writer.nodes[body] === lambdaNode) {
      const inner = body;
      const count = writer.nodes[inner + 4] as number;
      for (let at = inner + 5; at < inner + 5 + count; at++) writer.push(writer.nodes[at] as number);
      body = writer.nodes[inner + 2] as number;
    }
    const node = writer.node(lambdaNode, pos, 2);
    writer.word(body);
    writer.word(-1);
    writer.takeWords(mark);
    writer.takeWords(mark);
    return node;
  }

  /** At `{`: is it the pattern of a function? */
  #startsFormals(): boolean {
    const lexer = this.#lexer;
    const { start } = lexer;
    lexer.next();
    const answer = this.#looksLikeFormals();
    lexer.continueFrom(start);
    return answer;
  }

  #looksLikeFormals(): boolean {
    if (this.#isKind("...")) return true;
    if (this.#accept("}")) return this.#isKind(":") || this.#isKind("@");
    if (!this.#accept("name")) return false;
    return this.#isKind(",") || this.#isKind("?") || this.#isKind("}");
  }

  #isKind(kind: TokenKind): boolean {
    return this.#lexer.kind === kind;
  }

  /** @param alias name before the pattern, or -1 */
  #lambdaFromFormals(alias: number, pos: number): number {
    const writer = this.#writer;
    const mark = writer.top;
    const ellipsis = this.#formals();
    const name = alias < 0 && this.#accept("@") ? this.#name() : alias;
    this.#refuseDuplicate(name, mark, pos);
    this.#expect(":");
    const body = this.#expr();
    const node = writer.node(lambdaNode | formalsFlag | (ellipsis ? ellipsisFlag : 0), pos, 4);
    writer.word(body);
    writer.word(-1);
    writer.word(name < 0 ? 0 : 1);
    if (name >= 0) writer.word(name);
    writer.takeWords(mark);
    return node;
  }

  /** Pushes the formals; is there an ellipsis? */
  #formals(): boolean {
    const writer = this.#writer;
    const mark = writer.top;
    this.#open("{");
    let ellipsis = false;
    while (this.#lexer.kind !== "}") {
      if (this.#accept("...")) {
        ellipsis = true;
        break;
      }
      const pos = this.#lexer.start;
      const name = this.#name();
      this.#refuseDuplicate(name, mark, pos);
      const fallback = this.#accept("?") ? this.#expr() : none;
      writer.push(name);
      writer.push(pos);
      writer.push(fallback);
      if (!this.#accept(",")) break;
    }
    this.#close("}");
    return ellipsis;
  }

  /** A name must not be among the formals that were pushed since `mark`. */
  #refuseDuplicate(name: number, mark: number, pos: number): void {
    const { stack, top } = this.#writer;
    for (let at = mark; at < top; at += formalWords) {
      if (stack[at] !== name) continue;
      this.#fail(`duplicate formal function argument '${this.#writer.stringOf(name)}'`, pos);
    }
  }

  #assert(): number {
    const lexer = this.#lexer;
    const pos = lexer.start;
    lexer.next();
    const from = lexer.start;
    const condition = this.#expr();
    const text = this.#text(lexer.slice(from, lexer.start).trimEnd());
    this.#expect(";");
    return this.#writer.node3(assertNode, pos, condition, text, this.#expr());
  }

  #with(): number {
    const pos = this.#lexer.start;
    this.#lexer.next();
    const scope = this.#expr();
    this.#expect(";");
    return this.#writer.node2(withNode, pos, scope, this.#expr());
  }

  /** `let .. in ..`; null for `let { .. }`, which is an operand. */
  #letIn(): number | null {
    const lexer = this.#lexer;
    const pos = lexer.start;
    lexer.next();
    if (lexer.kind === "{") {
      lexer.continueFrom(pos);
      return null;
    }
    const set = this.#sets.open(true, pos);
    this.#bindings(set, "in");
    const dynamic = set.dynamic[1];
    if (dynamic !== undefined) this.#fail("dynamic attributes not allowed in let", dynamic);
    const bindings = this.#sets.close(set);
    this.#expect("in");
    return this.#writer.node2(letNode, pos, bindings, this.#expr());
  }

  #conditional(): number {
    const pos = this.#lexer.start;
    this.#lexer.next();
    const condition = this.#expr();
    this.#expect("then");
    const consequent = this.#expr();
    this.#expect("else");
    return this.#writer.node3(conditionalNode, pos, condition, consequent, this.#expr());
  }

  #operation(minimum: number): number {
    const lexer = this.#lexer;
    let left = this.#prefix();
    let forbidden = -1;
    for (;;) {
      const { kind, power } = lexer;
      if (power === 0 || power < minimum) return left;
      if (power === forbidden) this.#unexpected();
      if (power === 1 && !this.#pipeOperators) this.#unexpected();
      const pos = lexer.start;
      lexer.next();
      if (kind === "?") left = this.#hasAttribute(left, pos);
      else {
        const right = this.#operation(associatesRight(kind) ? power : power + 1);
        left = this.#binary(kind, left, right, pos);
      }
      // Comparisons do not associate.
      forbidden = power === 5 || power === 6 ? power : -1;
    }
  }

  #hasAttribute(from: number, pos: number): number {
    const writer = this.#writer;
    const mark = writer.top;
    this.#attributePath();
    const node = writer.node(hasAttributeNode, pos, 1);
    writer.word(from);
    writer.takeWords(mark);
    return node;
  }

  #prefix(): number {
    const pos = this.#lexer.start;
    if (this.#accept("!")) return this.#writer.node1(notNode, pos, this.#operation(notPower));
    if (!this.#accept("-")) return this.#application();
    const zero = this.#writer.node1(intNode, pos, 0);
    return this.#callOf("__sub", zero, this.#operation(negatePower), pos);
  }

  #callOf(name: string, first: number, second: number, pos: number): number {
    const callee = this.#variable(this.#nameOf(name), pos);
    const writer = this.#writer;
    const node = writer.node(applicationNode, pos, 4);
    writer.word(callee);
    writer.word(2);
    writer.word(first);
    writer.word(second);
    return node;
  }

  #call1(callee: number, argument: number, pos: number): number {
    return this.#writer.node3(applicationNode, pos, callee, 1, argument);
  }

  #binary(kind: TokenKind, left: number, right: number, pos: number): number {
    const writer = this.#writer;
    switch (kind) {
      case "+":
        return writer.node3(interpolationNode | plusType, pos, 2, left, right);
      case "-":
        return this.#callOf("__sub", left, right, pos);
      case "*":
        return this.#callOf("__mul", left, right, pos);
      case "/":
        return this.#callOf("__div", left, right, pos);
      case "<":
        return this.#callOf("__lessThan", left, right, pos);
      case ">":
        return this.#callOf("__lessThan", right, left, pos);
      case "<=":
        return writer.node1(notNode, pos, this.#callOf("__lessThan", right, left, pos));
      case ">=":
        return writer.node1(notNode, pos, this.#callOf("__lessThan", left, right, pos));
      case "|>":
        return this.#call1(right, left, pos);
      case "<|":
        return this.#call1(left, right, pos);
      default:
        return writer.node2(binaryNode | (binaryOperator(kind) << operatorShift), pos, left, right);
    }
  }

  #application(): number {
    const callee = this.#select();
    if (!startsOperand(this.#lexer.kind)) return callee;
    const writer = this.#writer;
    const mark = writer.top;
    do writer.push(this.#select());
    while (startsOperand(this.#lexer.kind));
    const node = writer.node(applicationNode, this.#posOf(callee), 1);
    writer.word(callee);
    writer.takeWords(mark);
    return node;
  }

  #select(): number {
    const lexer = this.#lexer;
    const pos = lexer.start;
    const from = this.#simple();
    if (lexer.kind === "or") {
      const orPos = lexer.start;
      lexer.next();
      return this.#call1(from, this.#variable(this.#nameOf("or"), orPos), this.#posOf(from));
    }
    if (!this.#accept(".")) return from;
    const writer = this.#writer;
    const mark = writer.top;
    this.#attributePath();
    const fallback = this.#accept("or") ? this.#select() : none;
    const node = writer.node(selectNode, pos, 2);
    writer.word(from);
    writer.word(fallback);
    writer.takeWords(mark);
    return node;
  }

  /** Pushes the steps. */
  #attributePath(): void {
    do this.#writer.push(this.#pathStep());
    while (this.#accept("."));
  }

  #pathStep(): number {
    const lexer = this.#lexer;
    if (lexer.kind === "name") return this.#takeName() * 2;
    if (this.#accept("or")) return this.#nameOf("or") * 2;
    if (lexer.kind === "string-open") return this.#stepOf(parseString(lexer, this.#writer, this.#expr));
    if (!this.#accept("${")) this.#unexpected("an attribute name");
    const expr = this.#expr();
    this.#expect("}");
    return this.#stepOf(expr);
  }

  #stepOf(expr: number): number {
    const { nodes } = this.#writer;
    return nodes[expr] === stringNode ? this.#writer.asName(nodes[expr + 2] as number) * 2 : expr * 2 + 1;
  }

  #simple(): number {
    const lexer = this.#lexer;
    const pos = lexer.start;
    switch (lexer.kind) {
      case "name":
        return this.#nameOperand(pos);
      case "int":
      case "float":
      case "uri":
        return this.#literal(lexer.kind, pos);
      case "string-open":
        return parseString(lexer, this.#writer, this.#expr);
      case "indented-open":
        return parseIndentedString(lexer, this.#writer, this.#expr);
      case "search-path":
        return this.#searchPath(pos);
      case "path":
      case "home-path":
      case "path-start":
      case "home-path-start":
        return this.#path(pos);
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

  #nameOperand(pos: number): number {
    const lexer = this.#lexer;
    if (lexer.hash !== currentPositionHash || lexer.tokenText !== "__curPos") {
      return this.#variable(this.#takeName(), pos);
    }
    lexer.next();
    return this.#writer.node(currentPositionNode, pos, 0);
  }

  #literal(kind: "int" | "float" | "uri", pos: number): number {
    const lexer = this.#lexer;
    const writer = this.#writer;
    if (kind === "int" && lexer.end - pos <= maxWordDigits) {
      const value = Number(lexer.tokenText);
      lexer.next();
      return writer.node1(intNode, pos, value);
    }
    const { tokenText: text, end } = lexer;
    lexer.next();
    if (kind === "int") this.#checkInteger(text, pos);
    else if (kind === "float") this.#checkFloat(text, pos);
    const nodeKind = kind === "int" ? bigIntNode : kind === "float" ? floatNode : stringNode;
    return writer.node1(nodeKind, pos, writer.text(lexer.bytes, pos, end));
  }

  #checkInteger(text: string, pos: number): void {
    if (BigInt(text) > maxInt) this.#fail(`invalid integer '${text}'`, pos);
  }

  /** Like C's `strtod`, which Nix uses: neither infinite nor so small that digits are lost. */
  #checkFloat(text: string, pos: number): void {
    const value = Number(text);
    const isZero = !/[1-9]/.test(text.split(/[eE]/)[0] ?? "");
    if (!Number.isFinite(value) || (value < minNormal && !isZero)) this.#fail(`invalid float '${text}'`, pos);
  }

  #searchPath(pos: number): number {
    const lexer = this.#lexer;
    const writer = this.#writer;
    const path = writer.text(lexer.bytes, pos + 1, lexer.end - 1);
    lexer.next();
    const finder = this.#variable(this.#nameOf("__findFile"), pos);
    const searchPath = this.#variable(this.#nameOf("__nixPath"), pos);
    return writer.node3(searchPathNode, pos, path, finder, searchPath);
  }

  /** The text of a path stays as it is written: what it is relative to is known where the tree is used. */
  #path(pos: number): number {
    const lexer = this.#lexer;
    const writer = this.#writer;
    const { end } = lexer;
    const mark = writer.top;
    const start = writer.node1(pathNode, pos, writer.text(lexer.bytes, pos, end));
    writer.push(start);
    const exprs = parsePathParts(lexer, writer, this.#expr);
    if (writer.top === mark + 1) {
      writer.top = mark;
      return start;
    }
    if (exprs === 0) this.#fail(`path '${this.#partsText(mark)}' has two slashes in a row`, pos);
    const node = writer.node(interpolationNode | pathType | (lexer.bytes[end - 1] === 47 ? slashFlag : 0), pos, 0);
    writer.takeWords(mark);
    return node;
  }

  /** Texts of the pushed nodes, which are paths and strings. */
  #partsText(mark: number): string {
    const { stack, nodes, top } = this.#writer;
    let text = "";
    for (let at = mark; at < top; at++) text += this.#writer.stringOf(nodes[(stack[at] as number) + 2] as number);
    return text;
  }

  #parenthesised(): number {
    this.#open("(");
    const expr = this.#expr();
    this.#close(")");
    return expr;
  }

  #list(pos: number): number {
    const writer = this.#writer;
    const mark = writer.top;
    this.#open("[");
    while (this.#lexer.kind !== "]") {
      if (!startsOperand(this.#lexer.kind)) this.#unexpected("a list element or ']'");
      writer.push(this.#select());
    }
    this.#close("]");
    const node = writer.node(listNode, pos, 0);
    writer.takeWords(mark);
    return node;
  }

  #braced(recursive: boolean, pos: number): number {
    this.#open("{");
    const set = this.#sets.open(recursive, pos);
    this.#bindings(set, "}");
    this.#close("}");
    return this.#sets.close(set);
  }

  #legacyLet(pos: number): number {
    this.#lexer.next();
    const from = this.#braced(true, pos);
    const writer = this.#writer;
    const body = this.#nameOf("body") * 2;
    const node = writer.node(selectNode, pos, 4);
    writer.word(from);
    writer.word(none);
    writer.word(1);
    writer.word(body);
    return node;
  }

  #bindings(set: OpenSet, closing: TokenKind): void {
    while (this.#lexer.kind !== closing) {
      if (this.#accept("inherit")) this.#inherit(set);
      else this.#binding(set);
    }
  }

  #binding(set: OpenSet): void {
    const writer = this.#writer;
    const mark = writer.top;
    const pos = this.#lexer.start;
    this.#attributePath();
    if (!this.#accept("=")) this.#unexpected("'=' or '.'");
    const value = this.#expr();
    if (!this.#accept(";")) this.#unexpected("';'");
    this.#sets.bind(set, mark, value, pos);
    writer.top = mark;
  }

  #inherit(set: OpenSet): void {
    const writer = this.#writer;
    let source = -1;
    if (this.#accept("(")) {
      source = set.sources.push(this.#expr()) - 1;
      this.#expect(")");
    }
    while (!this.#accept(";")) {
      const pos = this.#lexer.start;
      const step = this.#pathStep();
      if ((step & 1) === 1) this.#fail("dynamic attributes not allowed in inherit", pos);
      const name = step >> 1;
      const value = source < 0 ? this.#variable(name, pos) : writer.node2(inheritedFromNode, pos, source, name);
      this.#sets.inherit(set, name, pos, value, source < 0);
    }
  }
}

const currentPositionHash: number = hashName("__curPos");

function associatesRight(kind: TokenKind): boolean {
  return kind === "->" || kind === "//" || kind === "++" || kind === "<|";
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

function binaryOperator(kind: TokenKind): number {
  const index = (binaryOperators as readonly TokenKind[]).indexOf(kind);
  if (index < 0) throw new Error(`Not a binary operator: ${kind}`);
  return index;
}
