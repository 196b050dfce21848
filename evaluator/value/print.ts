/**
 * Values as `nix-instantiate --eval` prints them: on one line, `<CODE>` for what was not computed, `«repeated»` for a set or
 * list that was printed before.
 */
import { formatFloat } from "../text/float-format.ts";
import { Attrs } from "./attrs.ts";
import { isDerivationFunction, PartialCall, Primop } from "./callable.ts";
import { textOf } from "./expect.ts";
import { isInt, isList, isString, type Lazy, type List, NixFloat, NixPath, Thunk, type Value } from "./value.ts";

/** `«repeated»` as bytes: all text here is. */
const repeated = "\xc2\xabrepeated\xc2\xbb";

export function printValue(value: Lazy): string {
  const printer = new Printer();
  printer.print(value);
  return printer.pieces.join("");
}

class Printer {
  readonly pieces: string[] = [];
  readonly #seen = new Set<object>();

  print(lazy: Lazy): void {
    if (lazy instanceof Thunk) {
      if (lazy.code === null) this.print(lazy.slot as Value);
      else this.pieces.push("<CODE>");
    } else if (isList(lazy)) this.#printList(lazy);
    else if (lazy instanceof Attrs) this.#printAttrs(lazy);
    else this.pieces.push(printAtom(lazy));
  }

  #repeats(object: object, size: number): boolean {
    if (size === 0) return false;
    if (this.#seen.has(object)) {
      this.pieces.push(repeated);
      return true;
    }
    this.#seen.add(object);
    return false;
  }

  #printList(list: List): void {
    if (this.#repeats(list, list.length)) return;
    this.pieces.push("[ ");
    for (const element of list) {
      this.print(element);
      this.pieces.push(" ");
    }
    this.pieces.push("]");
  }

  #printAttrs(attrs: Attrs): void {
    if (this.#repeats(attrs, attrs.size)) return;
    this.pieces.push("{ ");
    for (let index = 0; index < attrs.size; index++) {
      this.pieces.push(printAttributeName(attrs.keys[index] as string), " = ");
      this.print(attrs.values[index] as Lazy);
      this.pieces.push("; ");
    }
    this.pieces.push("}");
  }
}

function printAtom(value: Value): string {
  if (isString(value)) return quoteString(textOf(value));
  if (isInt(value)) return String(value);
  if (typeof value === "boolean" || value === null) return String(value);
  if (value instanceof NixFloat) return formatFloat(value.value);
  if (value instanceof NixPath) return value.path;
  if (value instanceof Primop) return isDerivationFunction(value) ? "<LAMBDA>" : "<PRIMOP>";
  if (value instanceof PartialCall && value.callee instanceof Primop) return "<PRIMOP-APP>";
  return "<LAMBDA>";
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "${": "\\${",
};

/** As a Nix string literal. */
export function quoteString(text: string): string {
  return `"${text.replace(/["\\\n\r\t]|\$\{/g, (found) => escapes[found] ?? found)}"`;
}

const keywords: ReadonlySet<string> = new Set(["if", "then", "else", "assert", "with", "let", "in", "rec", "inherit"]);

export function printAttributeName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_'-]*$/.test(name) && !keywords.has(name) ? name : quoteString(name);
}
