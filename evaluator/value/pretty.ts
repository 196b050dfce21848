/**
 * Values as `firn repl` shows them: over several lines when one is not enough, members computed, errors of members shown
 * where they stand, functions with their place, derivations by their path. {@link Palette} paints for terminals.
 */
import { EvaluationError, toEvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { formatFloat } from "../text/float-format.ts";
import { Attrs } from "./attrs.ts";
import { LambdaValue, PartialCall } from "./callable.ts";
import { coerceToString } from "./coerce.ts";
import { isDerivation } from "./equal.ts";
import { textOf } from "./expect.ts";
import { printAttributeName, quoteString } from "./print.ts";
import { force, isInt, isList, isString, type Lazy, NixFloat, NixPath, type Value } from "./value.ts";

export interface PrettyOptions {
  /** How many levels of members are shown. */
  readonly depth: number;
  /** Columns that a line should not exceed. */
  readonly width: number;
  readonly color: boolean;
  /** How many members of a set or list are shown before the rest is counted. */
  readonly maxMembers: number;
}

/** What is shown on one line, or its opening, members and end. */
type Doc =
  | { readonly text: string; readonly width: number }
  | { readonly open: string; readonly items: readonly Item[]; readonly close: string; readonly width: number };
interface Item {
  readonly head: string;
  readonly doc: Doc;
  readonly end: string;
}

/** `«` and `»` as bytes. */
const special = (text: string): string => `\xc2\xab${text}\xc2\xbb`;

const colors = { string: "35", atom: "36", path: "32", special: "34", error: "31", name: "0" } as const;

export function prettyPrint(evaluation: Evaluation, value: Lazy, options: PrettyOptions): string {
  const printer = new PrettyPrinter(evaluation, options);
  return layOut(printer.doc(value, 0), 0, options.width);
}

class PrettyPrinter {
  readonly #evaluation: Evaluation;
  readonly #options: PrettyOptions;
  /** What is being printed: a set inside of itself would have no end. */
  readonly #seen = new Set<object>();

  constructor(evaluation: Evaluation, options: PrettyOptions) {
    this.#evaluation = evaluation;
    this.#options = options;
  }

  /** The outermost value may fail, members show their errors. */
  doc(lazy: Lazy, level: number): Doc {
    if (level === 0) return this.#doc(force(lazy), level);
    try {
      return this.#doc(force(lazy), level);
    } catch (thrown) {
      const error = toEvaluationError(thrown);
      if (!(error instanceof EvaluationError) || error.kind === "interrupted") throw error;
      return this.#atom("error", special(`error: ${error.message}`));
    }
  }

  #atom(kind: keyof typeof colors, text: string): Doc {
    return { text: this.#options.color ? `\x1b[${colors[kind]}m${text}\x1b[0m` : text, width: text.length };
  }

  #doc(value: Value, level: number): Doc {
    if (isString(value)) return this.#atom("string", quoteString(textOf(value)));
    if (value instanceof NixFloat) return this.#atom("atom", formatFloat(value.value));
    if (value === null || typeof value === "boolean" || isInt(value)) return this.#atom("atom", String(value));
    if (value instanceof NixPath) return this.#atom("path", value.path);
    if (isList(value)) return this.#list(value, level);
    if (value instanceof Attrs) return this.#attrs(value, level);
    return this.#atom("special", special(this.#functionText(value)));
  }

  #functionText(value: Value): string {
    if (value instanceof LambdaValue) return this.#lambdaText(value);
    if (!(value instanceof PartialCall))
      return `primop ${"name" in (value as object) ? (value as { name: string }).name : ""}`;
    const { callee } = value;
    return callee instanceof LambdaValue ? this.#lambdaText(callee) : `partially applied primop ${callee.name}`;
  }

  #lambdaText({ code }: LambdaValue): string {
    const place = this.#evaluation.sources.locate(code.pos);
    const name = code.name === null ? "" : ` ${code.name}`;
    return `lambda${name}${place === null ? "" : ` @ ${place.file}:${place.line}:${place.column}`}`;
  }

  #list(list: readonly Lazy[], level: number): Doc {
    if (list.length === 0) return { text: "[ ]", width: 3 };
    return this.#inside(list, level, "[", "]", (count) =>
      list.slice(0, count).map((element) => ({ head: "", doc: this.doc(element, level + 1), end: "" })),
    );
  }

  #attrs(attrs: Attrs, level: number): Doc {
    if (isDerivation(attrs)) return this.#derivation(attrs);
    if (attrs.size === 0) return { text: "{ }", width: 3 };
    return this.#inside(attrs.values, level, "{", "}", (count) =>
      attrs.keys.slice(0, count).map((name, index) => ({
        head: `${printAttributeName(name)} = `,
        doc: this.doc(attrs.values[index] as Lazy, level + 1),
        end: ";",
      })),
    );
  }

  #derivation(attrs: Attrs): Doc {
    const drvPath = attrs.force("drvPath");
    const text = drvPath === undefined ? "" : textOf(coerceToString(this.#evaluation, drvPath, { copyPaths: false }));
    return this.#atom("path", special(`derivation ${text}`));
  }

  #inside(members: readonly Lazy[], level: number, open: string, close: string, items: (count: number) => Item[]): Doc {
    if (this.#seen.has(members)) return this.#atom("special", special("repeated"));
    if (level >= this.#options.depth) return { text: `${open} ... ${close}`, width: 7 };
    this.#seen.add(members);
    const shown = items(this.#options.maxMembers);
    this.#seen.delete(members);
    const left = members.length - shown.length;
    if (left > 0)
      shown.push({ head: "", doc: this.#atom("special", special(`${left} more, see all with :p`)), end: "" });
    const width = shown.reduce((sum, { head, doc, end }) => sum + head.length + doc.width + end.length + 1, 3);
    return { open, items: shown, close, width };
  }
}

function layOut(doc: Doc, indent: number, width: number): string {
  if ("text" in doc) return doc.text;
  const { open, items, close } = doc;
  const isFlat = indent + doc.width <= width && doc.items.every((item) => isFlatItem(item));
  if (isFlat) {
    const inner = items.map(
      ({ head, doc: member, end }) => `${head}${layOut(member, 0, Number.POSITIVE_INFINITY)}${end} `,
    );
    return `${open} ${inner.join("")}${close}`;
  }
  const blanks = " ".repeat(indent + 2);
  const rows = items.map(
    ({ head, doc: member, end }) => `${blanks}${head}${layOut(member, indent + 2, width)}${end}\n`,
  );
  return `${open}\n${rows.join("")}${" ".repeat(indent)}${close}`;
}

function isFlatItem({ doc }: Item): boolean {
  return "text" in doc || doc.items.length <= 1 || doc.width <= 40;
}
