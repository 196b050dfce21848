/** `builtins.toXML` and `--xml`, in Nix's own format. */
import type { Evaluation } from "../evaluation.ts";
import { formatFloat } from "../text/float-format.ts";
import { Attrs } from "./attrs.ts";
import { LambdaValue, PartialCall } from "./callable.ts";
import { isDerivation } from "./equal.ts";
import { textOf } from "./expect.ts";
import { TextBuilder } from "./text-builder.ts";
import {
  ContextString,
  force,
  isInt,
  isList,
  isString,
  type Lazy,
  type List,
  NixFloat,
  NixPath,
  Thunk,
  type Value,
} from "./value.ts";

export interface XmlOptions {
  /** Compute everything; otherwise what is not computed is `<unevaluated />`. */
  readonly strict: boolean;
  /** Say where attributes and functions are defined. */
  readonly locations: boolean;
}

export function toXml(evaluation: Evaluation, value: Lazy, options: XmlOptions): string | ContextString {
  return new XmlWriter(evaluation, options).write(value);
}

/** The start of a line at any depth; lines are many, and put together from as few pieces as can be. */
class LineStart {
  readonly #text: string;
  readonly #lines: string[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  at(depth: number): string {
    return this.#lines[depth] ?? this.#make(depth);
  }

  #make(depth: number): string {
    while (this.#lines.length <= depth) this.#lines.push(`${"  ".repeat(this.#lines.length)}${this.#text}`);
    return this.#lines[depth] as string;
  }
}

const stringStart = new LineStart('<string value="');
const intStart = new LineStart('<int value="');
const pathStart = new LineStart('<path value="');
const floatStart = new LineStart('<float value="');
const trueLine = new LineStart('<bool value="true" />\n');
const falseLine = new LineStart('<bool value="false" />\n');
const nullLine = new LineStart("<null />\n");
const listOpen = new LineStart("<list>\n");
const listClose = new LineStart("</list>\n");
const attrsOpen = new LineStart("<attrs>\n");
const attrsClose = new LineStart("</attrs>\n");
const attrStart = new LineStart('<attr name="');
const attrClose = new LineStart("</attr>\n");
const valueEnd = '" />\n';

/** Given in the order of their names. */
type Attribute = readonly [name: string, value: string];

class XmlWriter {
  readonly #evaluation: Evaluation;
  readonly #options: XmlOptions;
  readonly #builder = new TextBuilder();
  readonly #drvsSeen = new Set<string>();
  #depth = 0;

  constructor(evaluation: Evaluation, options: XmlOptions) {
    this.#evaluation = evaluation;
    this.#options = options;
  }

  write(value: Lazy): string | ContextString {
    this.#builder.text = "<?xml version='1.0' encoding='utf-8'?>\n";
    this.#element("expr", [], () => this.#value(value));
    return this.#builder.finish();
  }

  #line(start: LineStart): void {
    this.#builder.text += start.at(this.#depth);
  }

  #leaf(start: LineStart, text: string): void {
    this.#builder.text += start.at(this.#depth) + text + valueEnd;
  }

  #open(name: string, attributes: readonly Attribute[], end: string): void {
    let text = `${indentation(this.#depth)}<${name}`;
    for (const [key, value] of attributes) text += ` ${key}="${escapeXml(value)}"`;
    this.#builder.text += `${text}${end}\n`;
  }

  #empty(name: string, attributes: readonly Attribute[] = []): void {
    this.#open(name, attributes, " />");
  }

  #element(name: string, attributes: readonly Attribute[], inside: () => void): void {
    this.#open(name, attributes, ">");
    this.#depth++;
    inside();
    this.#depth--;
    this.#builder.text += `${indentation(this.#depth)}</${name}>\n`;
  }

  #location(pos: number): Attribute[] {
    const { sources } = this.#evaluation;
    const place = this.#options.locations ? sources.locate(pos) : null;
    if (place === null) return [];
    const path: Attribute[] = sources.fileOf(pos)?.isFile === true ? [["path", place.file]] : [];
    return [["column", String(place.column)], ["line", String(place.line)], ...path];
  }

  #value(lazy: Lazy): void {
    const value = this.#options.strict ? force(lazy) : lazy instanceof Thunk && lazy.code === null ? lazy.slot : lazy;
    if (value instanceof Thunk) this.#empty("unevaluated");
    else this.#computed(value as Value);
  }

  #computed(value: Value): void {
    if (typeof value === "string") this.#leaf(stringStart, escapeXml(value));
    else if (value instanceof ContextString) {
      this.#builder.addContext(value.context);
      this.#leaf(stringStart, escapeXml(value.text));
    } else if (isInt(value)) this.#leaf(intStart, String(value));
    else if (typeof value === "boolean") this.#line(value ? trueLine : falseLine);
    else if (value === null) this.#line(nullLine);
    else if (isList(value)) this.#list(value);
    else if (value instanceof Attrs) this.#set(value);
    else if (value instanceof NixPath) this.#leaf(pathStart, escapeXml(value.path));
    else if (value instanceof NixFloat) this.#leaf(floatStart, formatFloat(value.value));
    else if (value instanceof LambdaValue) this.#function(value, 0);
    else if (value instanceof PartialCall && value.callee instanceof LambdaValue) {
      this.#function(value.callee, value.args.length);
    } else this.#empty("unevaluated");
  }

  #list(list: List): void {
    this.#line(listOpen);
    this.#depth++;
    for (let index = 0; index < list.length; index++) this.#value(list[index] as Lazy);
    this.#depth--;
    this.#line(listClose);
  }

  #set(attrs: Attrs): void {
    if (!isDerivation(attrs)) {
      this.#line(attrsOpen);
      this.#depth++;
      this.#members(attrs);
      this.#depth--;
      this.#line(attrsClose);
      return;
    }
    const attributes: Attribute[] = [];
    const paths = ["drvPath", "outPath"] as const;
    let drvPath = "";
    for (const name of paths) {
      const value = this.#options.strict ? attrs.force(name) : attrs.get(name);
      if (value === undefined || !isString(value)) continue;
      attributes.push([name, textOf(value)]);
      if (name === "drvPath") drvPath = textOf(value);
    }
    this.#element("derivation", attributes, () => {
      if (drvPath === "" || !this.#drvsSeen.has(drvPath)) {
        if (drvPath !== "") this.#drvsSeen.add(drvPath);
        this.#members(attrs);
      } else this.#empty("repeated");
    });
  }

  #members(attrs: Attrs): void {
    for (let index = 0; index < attrs.size; index++) {
      this.#openMember(attrs, index);
      this.#depth++;
      this.#value(attrs.values[index] as Lazy);
      this.#depth--;
      this.#line(attrClose);
    }
  }

  #openMember(attrs: Attrs, index: number): void {
    const name = attrs.keys[index] as string;
    const [column, line, ...path] = this.#options.locations ? this.#location(attrs.shape.position(index)) : [];
    if (column === undefined || line === undefined) {
      this.#builder.text += `${attrStart.at(this.#depth) + escapeXml(name)}">\n`;
    } else this.#open("attr", [column, line, ["name", name], ...path], ">");
  }

  /** `given`: how many parameters of `a: b: ..` have their arguments. */
  #function({ code }: LambdaValue, given: number): void {
    this.#element("function", this.#location(code.pos), () => {
      const { formals } = code;
      if (formals === null) {
        this.#empty("varpat", [["name", code.parameterNames[given] ?? ""]]);
        return;
      }
      const attributes: Attribute[] = [];
      if (code.ellipsis) attributes.push(["ellipsis", "1"]);
      if (code.hasAlias) attributes.push(["name", code.parameterNames[0] ?? ""]);
      const names = formals.map(({ name }) => name).sort();
      this.#element("attrspat", attributes, () => {
        for (const name of names) this.#empty("attr", [["name", name]]);
      });
    });
  }
}

const indentations: string[] = [];

function indentation(depth: number): string {
  const known = indentations[depth];
  if (known !== undefined) return known;
  const made = "  ".repeat(depth);
  indentations[depth] = made;
  return made;
}

const entities: Readonly<Record<string, string>> = {
  '"': "&quot;",
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  "\n": "&#xA;",
};

function escapeXml(text: string): string {
  return !/["<>&\n]/.test(text) ? text : text.replace(/["<>&\n]/g, (found) => entities[found] ?? found);
}
