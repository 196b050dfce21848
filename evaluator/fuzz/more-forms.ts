/**
 * Forms of expressions beyond those that the generator makes from types alone: builtins about contexts, files, derivations and
 * the small languages, rare syntax, and operators side by side without parentheses, where only precedence tells them apart.
 */
import { join } from "node:path";
import type { Type } from "./generate.ts";
import type { Random } from "./random.ts";
import { jsonText, quoted, regexText, subjectText, tomlText, versionText } from "./texts.ts";
import { type Tree, tree } from "./tree.ts";

/** What the forms need of the generator. */
export interface Maker {
  readonly random: Random;
  readonly expr: (type: Type) => Tree;
  /** In parentheses. */
  readonly arg: (type: Type) => Tree;
  readonly any: () => Tree;
  readonly anyArg: () => Tree;
  readonly times: (limit: number, make: () => Tree) => Tree[];
}

export type Forms = readonly (() => Tree)[];

const FIXTURES = join(import.meta.dirname, "..", "lang-tests", "fixtures");
const DRV = '(derivation { name = "d"; system = "s"; builder = "b"; outputs = [ "out" "dev" ]; })';

export function moreForms(maker: Maker): Partial<Readonly<Record<Type, Forms>>> {
  return {
    int: intForms(maker),
    bool: boolForms(maker),
    string: stringForms(maker),
    list: listForms(maker),
    strings: stringsForms(maker),
    set: setForms(maker),
    path: pathForms(maker),
    function: functionForms(maker),
  };
}

/** A string with a context, mostly. */
function contextString({ random, expr, arg }: Maker): Tree {
  const literal = (text: string): Tree => tree`${text}`;
  const forms: Forms = [
    () => literal('(builtins.toFile "t" "x")'),
    () => tree`(builtins.toFile "u" ${arg("string")})`,
    () => literal(`${DRV}.outPath`),
    () => literal(`${DRV}.drvPath`),
    () => literal(`${DRV}.dev`),
    () => literal(`"a\${${DRV}}b"`),
    () => literal(`"\${${join(FIXTURES, "text.txt")}}"`),
    () => tree`(derivation ({ name = "e"; system = "s"; builder = "b"; } // ${arg("set")})).outPath`,
    () =>
      tree`(derivation { name = "f"; system = "s"; builder = ${expr("string")}; args = ${expr("strings")}; }).drvPath`,
    () => tree`(builtins.unsafeDiscardOutputDependency ${DRV}.drvPath)`,
    () => tree`(builtins.appendContext ${arg("string")} (builtins.getContext ${DRV}.drvPath))`,
  ];
  return forms[random.below(forms.length)]?.() ?? tree`""`;
}

function intForms({ random, expr, arg }: Maker): Forms {
  const operators = ["+", "-", "*", "/"] as const;
  const operator = (): string => random.pick(operators);
  return [
    () => tree`${expr("int")} ${operator()} ${expr("int")} ${operator()} ${expr("int")} ${operator()} ${expr("int")}`,
    () => tree`builtins.compareVersions ${quoted(versionText(random))} ${quoted(versionText(random))}`,
    () => tree`-${arg("set")}.a or ${arg("int")}`,
    () => tree`__sub ${arg("int")} ${arg("int")}`,
    () => tree`builtins.stringLength ${quoted(subjectText(random))}`,
    () => tree`__curPos.${random.pick(["line", "column"])}`,
  ];
}

function boolForms(maker: Maker): Forms {
  const { random, expr, arg, any, anyArg } = maker;
  return [
    () => tree`${expr("bool")} && ${expr("bool")} || ${expr("bool")} -> ${expr("bool")}`,
    () => tree`!${arg("set")} ? a.b == ${expr("bool")}`,
    () =>
      tree`${expr("int")} < ${expr("int")} + ${expr("int")} && ${expr("list")} ++ ${expr("list")} == ${expr("list")}`,
    () => tree`builtins.isNull ${anyArg()}`,
    () => tree`builtins.lessThan ${arg("strings")} ${arg("strings")}`,
    () => tree`__lessThan ${arg("float")} ${arg("int")}`,
    () => tree`builtins.hasContext ${contextString(maker)}`,
    () => tree`${any()} == ${any()} == ${any()}`,
    () => tree`${anyArg()}.a or null == null`,
    () => tree`{ f = ${arg("function")}; } == { f = ${arg("function")}; }`,
    () => tree`let f = ${arg("function")}; in [ f ] == [ f ]`,
    () => tree`builtins.pathExists ${join(FIXTURES, random.pick(["text.txt", "nope", "folder"]))}`,
  ];
}

function stringForms(maker: Maker): Forms {
  const { random, expr, arg, anyArg } = maker;
  const context = (): Tree => contextString(maker);
  return [
    context,
    context,
    () => tree`builtins.substring ${String(random.below(60))} ${random.pick(["3", "99", "0", "(-1)"])} ${context()}`,
    () => tree`"${expr("string")}${"${"}${context()}}"`,
    () => tree`builtins.concatStringsSep ${context()} [ ${context()} ${arg("string")} ]`,
    () => tree`builtins.replaceStrings [ "o" "/" ] [ ${context()} "" ] ${context()}`,
    () => tree`${random.pick(["baseNameOf", "dirOf", "toString", "builtins.unsafeDiscardStringContext"])} ${context()}`,
    () => tree`builtins.unsafeDiscardOutputDependency ${random.oneIn(3) ? arg("string") : context()}`,
    () => tree`builtins.toXML ${anyArg()}`,
    () => tree`builtins.toJSON [ ${anyArg()} ${context()} ]`,
    () => tree`builtins.placeholder ${arg("string")}`,
    () => tree`builtins.hashFile "sha256" ${join(FIXTURES, random.pick(["text.txt", "nope"]))}`,
    () => tree`builtins.readFile ${join(FIXTURES, random.pick(["text.txt", "nope"]))}`,
    () => tree`builtins.getEnv ${quoted(`FIRN_FUZZ_${random.below(9)}`)}`,
    () => tree`builtins.toPath ${arg(random.pick(["string", "path"]))}`,
    () => tree`builtins.trace ${arg("int")} ${arg("string")}`,
    () => tree`builtins.storeDir`,
    () => tree`builtins.currentSystem`,
    () => tree`builtins.replaceStrings ${arg("strings")} ${arg("strings")} ${quoted(subjectText(random))}`,
    () => tree`builtins.hashString ${random.pick(['"sha256"', '"sha512"', '"md4"'])} ${context()}`,
    () => tree`${random.pick(["x:y", "a+b.c-d:e%f?g=h&i", "http://x.y/~z'w", "git+ssh://u@h:1/p,q!r$s*t"])}`,
    () => tree`abort ${arg("string")}`,
    () => tree`builtins.abort ${context()}`,
    () => tree`builtins.throw ${context()}`,
    () => tree`"${quotedBytes(random)}"`,
    () => tree`''${indentedBytes(random)}''`,
  ];
}

/** Any bytes but those that would end or open something, and NUL, which no version of Nix reads alike. */
function quotedBytes(random: Random): string {
  return Array.from({ length: random.below(8) }, () => {
    const byte = String.fromCharCode(1 + random.below(255));
    return random.oneIn(3)
      ? random.pick(["\\", "$", "\\n", "\\${", "$${", "a", "\r"])
      : byte === '"' || byte === "{"
        ? "x"
        : byte;
  }).join("");
}

function indentedBytes(random: Random): string {
  const pieces = [
    "\n",
    "\n  ",
    "\n ",
    "\n\t",
    "\r\n",
    "\r",
    " ",
    "\t",
    "a",
    "''$",
    "''\\n",
    "'''",
    "''\\ ",
    "$$",
    "$",
    "'",
    '"',
    "\xc3\xa9",
    "\xff",
    "\n   x",
  ];
  return Array.from({ length: random.below(12) }, () => pieces[random.below(pieces.length)] ?? "").join("");
}

function listForms(maker: Maker): Forms {
  const { random, expr, arg, anyArg } = maker;
  return [
    () => tree`builtins.${random.pick(["match", "split"])} ${quoted(regexText(random))} ${quoted(subjectText(random))}`,
    () => tree`builtins.${random.pick(["match", "split"])} ${quoted(regexText(random))} ${quoted(subjectText(random))}`,
    () => tree`builtins.${random.pick(["match", "split"])} ${quoted(regexText(random))} ${arg("string")}`,
    () => tree`${expr("list")} ++ ${expr("ints")} ++ ${expr("list")}`,
    () => tree`[ ${arg("set")}.a or 1 -1 - 1 or (x: x) ./. ]`,
    () => tree`[ (f: f or 1) or 2 ]`,
    () => tree`builtins.sort (p: q: p.k < q.k) (map (k: { inherit k; }) ${arg("ints")})`,
    () => tree`builtins.genList ${arg("function")} ${arg("int")}`,
    () => tree`builtins.nixPath`,
    () => tree`import ${join(FIXTURES, random.pick(["value.nix", "folder", "broken.nix", "nope.nix"]))}`,
    () => tree`builtins.scopedImport ${arg("set")} ${join(FIXTURES, "scoped.nix")}`,
    () => tree`builtins.deepSeq ${anyArg()} ${arg("list")}`,
  ];
}

function stringsForms(maker: Maker): Forms {
  const { random } = maker;
  return [
    () => tree`builtins.splitVersion ${quoted(versionText(random))}`,
    () => tree`[ ${contextString(maker)} ${contextString(maker)} ]`,
    () => tree`builtins.attrNames (builtins.readDir ${join(FIXTURES, random.pick(["folder", "", "nope"]))})`,
  ];
}

function setForms(maker: Maker): Forms {
  const { random, expr, arg, any, anyArg, times } = maker;
  return [
    () => tree`builtins.fromJSON ${quoted(jsonText(random))}`,
    () => tree`builtins.fromTOML ${quoted(tomlText(random))}`,
    () => tree`${expr("set")} // ${expr("set")} // ${expr("set")}`,
    () => tree`builtins.getContext ${contextString(maker)}`,
    () => tree`builtins.parseDrvName ${quoted(`a-${versionText(random)}`)}`,
    () => tree`rec { a = 1; b = a; __overrides = ${expr("set")}; }`,
    () => tree`rec { a = 1; c = b; b = a; __overrides = { a = ${any()}; ${random.oneIn(2) ? "z = 1; " : ""}}; }`,
    () =>
      tree`removeAttrs (builtins.derivationStrict { name = "d"; system = "s"; builder = ${expr("string")}; x = ${any()}; }) [ ]`,
    () =>
      tree`removeAttrs (derivation { name = ${expr("string")}; system = "s"; builder = "b"; ${["a", "b"][random.below(2)] ?? ""} = ${any()}; outputs = ${random.oneIn(3) ? expr("strings") : tree`[ "out" ]`}; }) [ "all" "out" "dev" "drvAttrs" ]`,
    () =>
      tree`removeAttrs (derivation { name = "f"; system = "s"; builder = "b"; outputHashMode = "${random.pick(["flat", "recursive", "x"])}"; outputHashAlgo = "sha256"; outputHash = "${random.pick(["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73", "x", "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="])}"; }) [ "all" "out" "drvAttrs" ]`,
    () =>
      tree`removeAttrs (derivation { name = "s"; system = "s"; builder = "b"; __structuredAttrs = ${expr("bool")}; __ignoreNulls = ${expr("bool")}; x = ${any()}; n = null; }) [ "all" "out" "drvAttrs" ]`,
    () =>
      tree`builtins.genericClosure { startSet = [ ${times(3, () => tree`{ key = ${expr(random.pick(["int", "string"]))}; } `)}]; operator = i: [ ]; }`,
    () =>
      tree`{ p = builtins.path { name = ${expr("string")}; path = ${FIXTURES}; filter = p: t: ${expr("bool")}; }; }`,
    () => tree`{ p = builtins.filterSource (p: t: ${expr("bool")}) ${FIXTURES}; }`,
    () =>
      tree`{ p = builtins.findFile [ { path = ${FIXTURES}; prefix = ${expr("string")}; } ] ${random.pick(['"text.txt"', '"a/folder"', '"nope"'])}; }`,
    () => tree`builtins.listToAttrs ${arg("list")}`,
    () =>
      tree`let inherit ({ a = ${any()}; b = ${any()}; }) a b; in { inherit a b; ${"${"}null} = 1; ${"${"}"q"}.r = a; }`,
    () => tree`{ a.b = ${any()}; a.c = ${any()}; ${random.oneIn(6) ? "a.b = 1; " : ""}}`,
    () => tree`{ a = 1; inherit ({ b = ${any()}; }) b; "\${"c"}" = ${any()}; }`,
    () => tree`builtins.mapAttrs ${arg("function")} ${arg("set")}`,
    () => tree`builtins.functionArgs ${arg("function")}`,
    () => tree`builtins.intersectAttrs (builtins.fromJSON ${quoted(jsonText(random))}) ${arg("set")}`,
    () => tree`with ${arg("set")}; with { a = ${any()}; }; { inherit a; x = ${random.pick(["a", "b", "c"])}; }`,
    () => tree`{ v = ${DRV} == ${random.oneIn(2) ? DRV : anyArg()}; t = ${DRV}.type; n = ${DRV}.all == [ ]; }`,
    () => tree`{ s = builtins.storePath ${contextString(maker)}; }`,
  ];
}

function pathForms(maker: Maker): Forms {
  const { random, expr, arg } = maker;
  return [
    () => tree`${random.pick(["./a", "./.", "../x", "~/y", "./a/../b", "/a//b", "a/b", "./a.b/c_d+e-f"])}`,
    () => tree`${random.pick(["/a/", "./", "x/", "~/"])}${"${"}${expr("string")}}${random.pick(["", "/c", "d.e"])}`,
    () => tree`${expr("path")} + ${expr(random.pick(["string", "path"]))}`,
    () => tree`${random.pick(["<nope>", "<nope/x.y>", "<a-b/c>"])}`,
    () => tree`dirOf ${arg("path")}`,
    () => tree`(import ${join(FIXTURES, "folder")})`,
  ];
}

function functionForms({ random, any, arg }: Maker): Forms {
  return [
    () => tree`({ a ? ${any()}, b ? a, ... }@args: args)`,
    () => tree`(args@{ }: args)`,
    () => tree`({ a, ${random.pick(["a", "b", "args"])} }@args: args)`,
    () => tree`{ __functor = self: ${arg("function")}; __functionArgs = { a = true; }; }`,
    () =>
      tree`builtins.${random.pick(["add", "sub", "seq", "elemAt", "getAttr", "hasAttr", "map", "filter", "concatMap", "isInt", "toString", "throw"])}`,
    () => tree`(x: y: ${any()})`,
  ];
}
