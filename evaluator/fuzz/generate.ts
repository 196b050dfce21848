/**
 * Random programs of the Nix language. Expressions are made to a wanted type, so that most programs compute something; now
 * and then the type is wrong, a name unknown, a value thrown. Sizes are bounded: no program runs long or needs much memory.
 * Left out is what the compared versions of Nix answer differently on purpose: floats in JSON, folders, the time.
 */

import { type Forms, moreForms } from "./more-forms.ts";
import type { Random } from "./random.ts";
import { edgeFloat, edgeInt } from "./texts.ts";
import { type Tree, tree } from "./tree.ts";

export type Type =
  | "int"
  | "float"
  | "bool"
  | "string"
  | "list"
  | "ints"
  | "strings"
  | "set"
  | "function"
  | "null"
  | "path";

interface Variable {
  readonly name: string;
  readonly type: Type;
}

const TYPES: readonly [Type, ...Type[]] = [
  "int",
  "float",
  "bool",
  "string",
  "list",
  "ints",
  "strings",
  "set",
  "function",
  "null",
  "path",
];
const NAMES = ["a", "b", "c", "d", "x", "y", "z'", "foo-bar", "_q"] as const;
const ATTRIBUTES = ["a", "b", "c", "d", '"x y"', '"a"', "or", '\x24{"b"}'] as const;
const STRING_PIECES = [
  ..."a b ab Z 0 1.2 - _ . , / // \\n \\t \\\" \\\\ \\${ $ $$ \\$ ' '' \xc3\xa9 # /* */ \\x".split(" "),
  " ",
  "\n",
  "  ",
  "\r\n",
] as const;
const INDENTED_PIECES = [
  ..."a b x1 ''$ ''' ''\\n ''\\t ''\\${ ''\\x $ $$ ''${ \" \\ \\n ' \xc3\xa9 #".split(" "),
  " ",
  "\n",
  "\n  ",
  "\n    ",
  "\n\t",
  "  ",
  "\n\n",
] as const;
const PATTERNS = [
  "a",
  "(a)(b)?",
  "[[:alpha:]]+",
  "([0-9]+)",
  "a*",
  "(a|ab)(c|b)*",
  "",
  ".*",
  "[^a-z]",
  "(x*)*",
  "(",
  "a{2,}",
] as const;
const JSON_TEXTS = [
  "1",
  '[1,{\\"a\\":null}]',
  '{\\"a\\":{\\"b\\":[true,\\"x\\"]}}',
  "[",
  '\\"\\\\u00e9\\"',
  "-0",
  "{}",
  "[01]",
] as const;

const TOML_TEXTS = [
  "a = 1",
  "a.b = [1, 2]\\n[c]\\nd = 'x'",
  "a",
  "a = 1.5\\nb = true",
  "[[a]]\\nb = 1\\n[[a]]",
] as const;

const MAX_DEPTH = 6;

export class Generator {
  readonly #random: Random;
  readonly #scope: Variable[] = [];
  readonly #moreForms: Partial<Readonly<Record<Type, Forms>>>;
  #depth = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#moreForms = moreForms({
      random,
      expr: (type) => this.#expr(type),
      arg: (type) => tree`(${this.#expr(type)})`,
      any: () => this.#any(),
      anyArg: () => this.#anyArg(),
      times: (limit, make) => this.#times(limit, make),
    });
  }

  program(): Tree {
    return this.#expr(this.#random.pick(TYPES));
  }

  #expr(wanted: Type): Tree {
    const type = this.#random.oneIn(60) ? this.#random.pick(TYPES) : wanted;
    this.#depth++;
    try {
      if (this.#depth > MAX_DEPTH || this.#random.oneIn(6)) return this.#leaf(type);
      return this.#random.oneIn(4) ? this.#anyForm(type) : this.#form(type);
    } finally {
      this.#depth--;
    }
  }

  /** An expression that may stand as an argument or a list element. */
  #arg(type: Type): Tree {
    return this.#random.oneIn(40) ? this.#expr(type) : tree`(${this.#expr(type)})`;
  }

  #any(): Tree {
    return this.#expr(this.#random.pick(TYPES));
  }

  #anyArg(): Tree {
    return tree`(${this.#any()})`;
  }

  #choose(...forms: readonly [() => Tree, ...(() => Tree)[]]): Tree {
    return this.#random.pick(forms)();
  }

  #times(limit: number, make: () => Tree): Tree[] {
    return Array.from({ length: this.#random.below(limit) }, make);
  }

  #leaf(type: Type): Tree {
    const known = this.#scope.filter((variable) => variable.type === type);
    const [first, ...others] = known;
    if (first !== undefined && !this.#random.oneIn(3)) return tree`${this.#random.pick([first, ...others]).name}`;
    switch (type) {
      case "int":
        return tree`${this.#intLiteral()}`;
      case "float":
        return tree`${edgeFloat(this.#random)}`;
      case "bool":
        return tree`${this.#random.pick(["true", "false"])}`;
      case "string":
        return this.#stringLiteral();
      case "null":
        return tree`null`;
      case "path":
        if (this.#random.oneIn(3)) return tree`(/a + ${this.#stringLiteral()})`;
        return tree`${this.#random.pick(["/a", "/a/b", "/a/../c", "/x/./y"])}`;
      case "set":
        return tree`{ }`;
      case "function":
        return tree`${this.#random.pick(["(x: x)", "builtins.add", "toString", "({ a ? 1, ... }: a)", "(x: y: x)"])}`;
      default:
        return tree`[ ]`;
    }
  }

  #intLiteral(): string {
    if (this.#random.oneIn(20)) return edgeInt(this.#random);
    return this.#random.oneIn(8) ? `(-${this.#random.below(20)})` : String(this.#random.below(12));
  }

  /** Forms that give whatever type is wanted. */
  #anyForm(type: Type): Tree {
    return this.#choose(
      () => tree`if ${this.#expr("bool")} then ${this.#expr(type)} else ${this.#expr(type)}`,
      () => this.#let(type),
      () => this.#call(type),
      () => this.#patternCall(type),
      () => tree`{ ${this.#name()} = ${this.#any()}; v = ${this.#expr(type)}; }.v`,
      () => tree`${this.#arg("set")}.${this.#attribute()} or ${this.#arg(type)}`,
      () => tree`with { w = ${this.#expr(type)}; }; w`,
      () => tree`assert ${this.#expr("bool")}; ${this.#expr(type)}`,
      () => tree`builtins.head [ ${this.#arg(type)} ${this.#times(2, () => this.#anyArg())} ]`,
      () => tree`builtins.seq ${this.#anyArg()} ${this.#arg(type)}`,
      () => tree`rec { r = ${this.#expr(type)}; s = r; }.s`,
      () => tree`{ __functor = self: x: ${this.#expr(type)}; } ${this.#anyArg()}`,
      () => tree`let { body = ${this.#expr(type)}; }`,
      () => tree`(builtins.tryEval ${this.#arg(type)}).value`,
      () => tree`builtins.elemAt [ ${this.#anyArg()} ${this.#arg(type)} ] ${this.#random.oneIn(9) ? "2" : "1"}`,
      () =>
        tree`builtins.getAttr ${this.#random.pick(['"a"', '"b"'])} { a = ${this.#expr(type)}; b = ${this.#expr(type)}; }`,
      () => tree`builtins.foldl' (acc: e: ${this.#expr(type)}) ${this.#arg(type)} ${this.#arg("list")}`,
      () =>
        tree`let __${this.#random.pick(["sub", "add", "lessThan", "mul", "div"])} = p: q: ${this.#any()}; in ${this.#expr(type)}`,
      () => tree`let inherit (rec { ${this.#binding()}}) ${this.#name()}; in ${this.#expr(type)}`,
      () => (this.#random.oneIn(4) ? tree`throw ${this.#arg("string")}` : this.#expr(type)),
      () => (this.#random.oneIn(8) ? tree`${this.#name()}` : this.#expr(type)),
    );
  }

  #name(): string {
    return this.#random.pick(NAMES);
  }

  #attribute(): string {
    return this.#random.pick(ATTRIBUTES);
  }

  #withVariables<T>(variables: readonly Variable[], make: () => T): T {
    const outer = this.#scope.splice(0, Number.POSITIVE_INFINITY);
    const names = new Set(variables.map(({ name }) => name));
    this.#scope.push(...outer.filter(({ name }) => !names.has(name)), ...variables);
    try {
      return make();
    } finally {
      this.#scope.splice(0, Number.POSITIVE_INFINITY, ...outer);
    }
  }

  /** A `let` whose values may use one another, mostly backwards only. */
  #let(type: Type): Tree {
    const bindings: Tree[] = [];
    const variables: Variable[] = [];
    for (let n = 1 + this.#random.below(3); n > 0; n--) {
      const variable = { name: this.#name(), type: this.#random.pick(TYPES) };
      if (variables.some(({ name }) => name === variable.name) && !this.#random.oneIn(40)) continue;
      const visible = this.#random.oneIn(10) ? [...variables, variable] : variables;
      bindings.push(tree`${variable.name} = ${this.#withVariables(visible, () => this.#expr(variable.type))}; `);
      variables.push(variable);
    }
    return tree`let ${bindings}in ${this.#withVariables(variables, () => this.#expr(type))}`;
  }

  #call(type: Type): Tree {
    const variable = { name: this.#name(), type: this.#random.pick(TYPES) };
    const body = this.#withVariables([variable], () => this.#expr(type));
    return tree`(${variable.name}: ${body}) ${this.#arg(variable.type)}`;
  }

  #patternCall(type: Type): Tree {
    const a = { name: "a", type: this.#random.pick(TYPES) };
    const b = { name: "b", type: this.#random.pick(TYPES) };
    const body = this.#withVariables([a, b, { name: "all", type: "set" }], () => this.#expr(type));
    const fallback = this.#withVariables([a], () => this.#expr(b.type));
    const head = this.#random.pick(["all@{ a, b ? ", "{ a, b ? "]);
    const tail = head.startsWith("all") ? "" : "@all";
    const ellipsis = this.#random.oneIn(2) ? ", ..." : "";
    const given = this.#random.oneIn(2) ? tree`b = ${this.#expr(b.type)};` : tree``;
    const extra = this.#random.oneIn(12) ? " z = 1;" : "";
    return tree`(${head}${fallback}${ellipsis} }${tail}: ${body}) { a = ${this.#expr(a.type)}; ${given}${extra} }`;
  }

  #form(type: Type): Tree {
    const more = this.#moreForms[type];
    if (more !== undefined && this.#random.oneIn(3))
      return more[this.#random.below(more.length)]?.() ?? this.#leaf(type);
    switch (type) {
      case "int":
        return this.#intForm();
      case "float":
        return this.#floatForm();
      case "bool":
        return this.#boolForm();
      case "string":
        return this.#stringForm();
      case "list":
        return this.#listForm();
      case "ints":
        return this.#intsForm();
      case "strings":
        return this.#stringsForm();
      case "set":
        return this.#setForm();
      case "function":
        return this.#functionForm();
      default:
        return this.#leaf(type);
    }
  }

  #intForm(): Tree {
    const operator = this.#random.pick([" + ", " - ", " * ", " / ", "-", "+"]);
    const name = this.#random.pick(["add", "sub", "mul", "div", "bitAnd", "bitOr", "bitXor"]);
    return this.#choose(
      () => tree`${this.#expr("int")}${operator}${this.#expr("int")}`,
      () => tree`- ${this.#arg("int")}`,
      () => tree`builtins.${name} ${this.#arg("int")} ${this.#arg("int")}`,
      () => tree`builtins.length ${this.#arg("list")}`,
      () => tree`builtins.stringLength ${this.#arg("string")}`,
      () => tree`builtins.${this.#random.pick(["ceil", "floor"])} ${this.#arg("float")}`,
      () => tree`builtins.compareVersions ${this.#arg("string")} ${this.#arg("string")}`,
      () =>
        tree`builtins.foldl' (p: q: p ${this.#random.pick(["+", "-", "*"])} q) ${this.#arg("int")} ${this.#arg("ints")}`,
    );
  }

  #floatForm(): Tree {
    const operator = this.#random.pick(["+", "-", "*", "/"]);
    return this.#choose(
      () => tree`${this.#expr("float")} ${operator} ${this.#expr("int")}`,
      () => tree`${this.#expr("int")} ${operator} ${this.#expr("float")}`,
      () => tree`${this.#expr("float")} ${operator} ${this.#expr("float")}`,
    );
  }

  #boolForm(): Tree {
    const comparison = this.#random.pick(["<", "<=", ">", ">=", "==", "!="]);
    const type = this.#random.pick(["int", "float", "string", "ints", "strings", "list", "path"] as const);
    const check = this.#random.pick(["Attrs", "List", "Int", "Float", "String", "Null", "Bool", "Function", "Path"]);
    return this.#choose(
      () => tree`${this.#expr(type)} ${comparison} ${this.#expr(type)}`,
      () => tree`${this.#any()} ${this.#random.pick(["==", "!="])} ${this.#any()}`,
      () => tree`${this.#expr("bool")} ${this.#random.pick(["&&", "||", "->"])} ${this.#expr("bool")}`,
      () => tree`!${this.#expr("bool")}`,
      () => tree`${this.#arg("set")} ? ${this.#attribute()}`,
      () => tree`${this.#expr("set")} ? ${this.#attribute()}.${this.#attribute()}`,
      () => tree`builtins.elem ${this.#anyArg()} ${this.#arg("list")}`,
      () => tree`builtins.${this.#random.pick(["all", "any"])} (e: ${this.#expr("bool")}) ${this.#arg("list")}`,
      () => tree`builtins.is${check} ${this.#anyArg()}`,
      () => tree`builtins.lessThan ${this.#arg("int")} ${this.#arg("int")}`,
      () => tree`(builtins.tryEval ${this.#anyArg()}).success`,
      () => tree`builtins.hasAttr ${this.#arg("string")} ${this.#arg("set")}`,
      () => tree`builtins.hasContext ${this.#arg("string")}`,
      () => tree`builtins.pathExists ${this.#arg("path")}`,
    );
  }

  #stringLiteral(): Tree {
    if (this.#random.oneIn(3)) {
      return tree`''${this.#times(8, () => this.#stringPiece(INDENTED_PIECES))}''`;
    }
    return tree`"${this.#times(5, () => this.#stringPiece(STRING_PIECES))}"`;
  }

  #stringPiece(pieces: readonly string[]): Tree {
    if (this.#depth < MAX_DEPTH && this.#random.oneIn(5)) return tree`${"${"}${this.#expr("string")}}`;
    return { parts: [pieces[this.#random.below(pieces.length)] ?? ""] };
  }

  #stringForm(): Tree {
    const showable = this.#random.pick(["int", "bool", "null", "string", "ints", "strings", "float", "path"] as const);
    const bounds = `${this.#random.below(4)} ${this.#random.pick(["0", "1", "2", "9", "(-1)"])}`;
    return this.#choose(
      () => this.#stringLiteral(),
      () => this.#stringLiteral(),
      () => tree`${this.#expr("string")} + ${this.#expr("string")}`,
      () => tree`builtins.substring ${bounds} ${this.#arg("string")}`,
      () => tree`builtins.replaceStrings ${this.#arg("strings")} ${this.#arg("strings")} ${this.#arg("string")}`,
      () => tree`builtins.replaceStrings [ "a" "" ] [ ${this.#arg("string")} "-" ] ${this.#arg("string")}`,
      () => tree`builtins.concatStringsSep ${this.#arg("string")} ${this.#arg("strings")}`,
      () => tree`toString ${this.#arg(showable)}`,
      () => tree`builtins.toJSON ${this.#arg(this.#random.pick(["int", "string", "ints", "strings", "set", "bool"]))}`,
      () => tree`builtins.typeOf ${this.#anyArg()}`,
      () => tree`${this.#random.pick(["baseNameOf", "dirOf"])} ${this.#arg("string")}`,
      () =>
        tree`builtins.hashString "${this.#random.pick(["md5", "sha1", "sha256", "sha512"])}" ${this.#arg("string")}`,
      () => tree`builtins.toXML ${this.#anyArg()}`,
      () => tree`{ __toString = self: ${this.#expr("string")}; }`,
      () => tree`{ outPath = ${this.#expr("string")}; }`,
      () => tree`http://example.org/${String(this.#random.below(9))}`,
      () => tree`builtins.unsafeDiscardStringContext ${this.#arg("string")}`,
      () => tree`builtins.addErrorContext "c" ${this.#arg("string")}`,
      () => tree`${this.#random.pick(["baseNameOf", "toString"])} ${this.#arg("path")}`,
      () => tree`builtins.head (builtins.attrNames ${this.#arg("set")})`,
      () =>
        tree`toString [ ${this.#times(3, () => tree`${this.#arg(this.#random.pick(["int", "string", "strings", "null", "bool"]))} `)}]`,
    );
  }

  #listForm(): Tree {
    return this.#choose(
      () => tree`[ ${this.#times(4, () => tree`${this.#anyArg()} `)}]`,
      () => tree`${this.#expr("list")} ++ ${this.#expr("list")}`,
      () => tree`map (e: ${this.#any()}) ${this.#arg("list")}`,
      () => tree`builtins.filter (e: ${this.#expr("bool")}) ${this.#arg("list")}`,
      () => tree`builtins.tail ${this.#arg("list")}`,
      () => tree`builtins.concatLists [ ${this.#arg("list")} ${this.#arg("ints")} ]`,
      () => tree`builtins.concatMap (e: [ e ${this.#anyArg()} ]) ${this.#arg("list")}`,
      () => tree`builtins.attrValues ${this.#arg("set")}`,
      () => tree`builtins.catAttrs ${this.#random.pick(['"a"', '"b"'])} [ ${this.#arg("set")} ${this.#arg("set")} ]`,
      () => tree`builtins.split "${this.#random.pick(PATTERNS)}" ${this.#arg("string")}`,
      () => tree`builtins.match "${this.#random.pick(PATTERNS)}" ${this.#arg("string")}`,
      () => this.#expr("ints"),
      () => this.#expr("strings"),
      () =>
        tree`builtins.genericClosure { startSet = [ { key = 0; } ]; operator = i: if i.key > 3 then [ ] else [ { key = i.key + ${this.#random.pick(["1", "2"])}; v = ${this.#any()}; } ]; }`,
    );
  }

  #intsForm(): Tree {
    const body = this.#withVariables([{ name: "e", type: "int" }], () => this.#expr("int"));
    return this.#choose(
      () => tree`[ ${this.#times(5, () => tree`${this.#arg("int")} `)}]`,
      () => tree`map (e: ${body}) ${this.#arg("ints")}`,
      () => tree`builtins.genList (e: ${body}) ${String(this.#random.below(5))}`,
      () =>
        tree`builtins.sort ${this.#random.pick(["builtins.lessThan", "(p: q: p > q)", "(p: q: true)"])} ${this.#arg("ints")}`,
      () => tree`${this.#expr("ints")} ++ ${this.#expr("ints")}`,
      () =>
        tree`builtins.filter (e: e ${this.#random.pick(["<", ">", "=="])} ${this.#arg("int")}) ${this.#arg("ints")}`,
      () =>
        tree`(builtins.partition (e: e > ${this.#arg("int")}) ${this.#arg("ints")}).${this.#random.pick(["right", "wrong"])}`,
    );
  }

  #stringsForm(): Tree {
    return this.#choose(
      () => tree`[ ${this.#times(4, () => tree`${this.#arg("string")} `)}]`,
      () => tree`builtins.attrNames ${this.#arg("set")}`,
      () => tree`builtins.splitVersion ${this.#arg("string")}`,
      () => tree`map toString ${this.#arg("ints")}`,
      () => tree`builtins.sort builtins.lessThan ${this.#arg("strings")}`,
    );
  }

  #setForm(): Tree {
    return this.#choose(
      () => this.#setLiteral(),
      () => this.#setLiteral(),
      () => tree`${this.#expr("set")} // ${this.#expr("set")}`,
      () => tree`builtins.mapAttrs (n: v: ${this.#any()}) ${this.#arg("set")}`,
      () => tree`builtins.mapAttrs (n: v: [ n v ]) ${this.#arg("set")}`,
      () => tree`removeAttrs ${this.#arg("set")} ${this.#arg("strings")}`,
      () => tree`builtins.intersectAttrs ${this.#arg("set")} ${this.#arg("set")}`,
      () =>
        tree`builtins.listToAttrs [ { name = ${this.#expr("string")}; value = ${this.#any()}; } { name = "a"; value = 1; } ]`,
      () => tree`builtins.groupBy (e: toString (${this.#expr("int")})) ${this.#arg("list")}`,
      () => tree`builtins.functionArgs ({ a, b ? ${this.#any()}, ... }: a)`,
      () => tree`builtins.parseDrvName ${this.#arg("string")}`,
      () => tree`builtins.tryEval ${this.#anyArg()}`,
      () =>
        tree`builtins.zipAttrsWith (n: vs: ${this.#random.pick(["vs", "n", "builtins.length vs"])}) [ ${this.#arg("set")} ${this.#arg("set")} ]`,
      () => tree`builtins.fromJSON "${this.#random.pick(JSON_TEXTS)}"`,
      () => tree`builtins.partition (e: ${this.#expr("bool")}) ${this.#arg("list")}`,
      () => tree`builtins.getContext ${this.#arg("string")}`,
      () => tree`builtins.fromTOML "${this.#random.pick(TOML_TEXTS)}"`,
      () => tree`{ inherit (__curPos) line column; }`,
      () =>
        tree`{ p = (builtins.unsafeGetAttrPos ${this.#random.pick(['"a"', '"b"'])} ${this.#arg("set")}).column or 0; }`,
      () => tree`builtins.deepSeq ${this.#anyArg()} ${this.#arg("set")}`,
      () => tree`with ${this.#expr("set")}; { ${this.#name()} = ${this.#any()}; }`,
      // Nix 2.8 loses the dynamic names of sets that it merges, so there are none.
      () => tree`{ a = { ${this.#plainBinding()}}; a = { ${this.#plainBinding()}}; }`,
      () => tree`{ a = rec { ${this.#binding()}}; a.${this.#name()} = ${this.#any()}; }`,
    );
  }

  #setLiteral(): Tree {
    const recursive = this.#random.oneIn(4);
    const bindings = this.#times(5, () => this.#binding());
    return tree`${recursive ? "rec " : ""}{ ${bindings}}`;
  }

  #plainBinding(): Tree {
    return tree`${this.#name()} = ${this.#any()}; `;
  }

  #binding(): Tree {
    const names = this.#scope.map(({ name }) => name);
    const [first, ...others] = names;
    return this.#choose(
      () => tree`${this.#attribute()} = ${this.#any()}; `,
      () => tree`${this.#name()} = ${this.#any()}; `,
      () => tree`${this.#name()} = ${this.#any()}; `,
      () => tree`${this.#name()}.${this.#attribute()} = ${this.#any()}; `,
      () => tree`${this.#name()} = { ${this.#name()} = ${this.#any()}; }; `,
      () => tree`${"${"}${this.#expr("string")}} = ${this.#any()}; `,
      () => (first === undefined ? tree`` : tree`inherit ${this.#random.pick([first, ...others])}; `),
      () => tree`inherit (${this.#expr("set")}) ${this.#attribute()}; `,
    );
  }

  #functionForm(): Tree {
    const variable = { name: this.#name(), type: this.#random.pick(TYPES) };
    return this.#choose(
      () => tree`(${variable.name}: ${this.#withVariables([variable], () => this.#any())})`,
      () => tree`({ a, b ? 1, ... }@c: a)`,
      () => tree`builtins.map ${this.#arg("function")}`,
      () => tree`builtins.foldl' (p: q: q)`,
    );
  }
}
