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
    if (isString(value)) {
      if (value instanceof ContextString) this.#builder.addContext(value.context);
      this.#empty("string", [["value", textOf(value)]]);
    } else if (isInt(value)) this.#empty("int", [["value", String(value)]]);
    else if (typeof value === "boolean") this.#empty("bool", [["value", String(value)]]);
    else if (value === null) this.#empty("null");
    else if (value instanceof NixPath) this.#empty("path", [["value", value.path]]);
    else if (value instanceof NixFloat) this.#empty("float", [["value", formatFloat(value.value)]]);
    else if (isList(value)) {
      this.#element("list", [], () => {
        for (const element of value) this.#value(element);
      });
    } else if (value instanceof Attrs) this.#set(value);
    else if (value instanceof LambdaValue) this.#function(value, 0);
    else if (value instanceof PartialCall && value.callee instanceof LambdaValue) {
      this.#function(value.callee, value.args.length);
    } else this.#empty("unevaluated");
  }

  #set(attrs: Attrs): void {
    if (!isDerivation(attrs)) {
      this.#element("attrs", [], () => this.#members(attrs));
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
    attrs.keys.forEach((name, index) => {
      const [column, line, ...path] = this.#location(attrs.shape.position(index));
      const attributes: Attribute[] =
        column === undefined || line === undefined ? [["name", name]] : [column, line, ["name", name], ...path];
      this.#element("attr", attributes, () => this.#value(attrs.values[index] as Lazy));
    });
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
