/** Syntax trees as text, as `nix-instantiate --parse` prints them: what an expression was understood as, brackets and all. */
import { formatFloat } from "../text/float-format.ts";
import { printAttributeName, quoteString } from "../value/print.ts";
import type { AttributeSet, Expr, Formals, Interpolation, Lambda, Literal, PathStep, Select } from "./ast.ts";

export function showExpr(expr: Expr): string {
  switch (expr.kind) {
    case "literal":
      return showLiteral(expr);
    case "path":
      return expr.path;
    case "variable":
      return printAttributeName(expr.name);
    case "interpolation":
      return showInterpolation(expr);
    case "application":
      return `(${showCall(expr)})`;
    case "lambda":
      return showLambda(expr);
    case "select":
      return showSelect(expr);
    case "attribute-set":
      return `${expr.recursive ? "rec " : ""}{ ${showBindings(expr)}}`;
    case "list":
      return `[ ${expr.elements.map((element) => `(${showExpr(element)}) `).join("")}]`;
    default:
      return showOther(expr);
  }
}

function showOther(expr: Expr): string {
  switch (expr.kind) {
    case "let":
      return `(let ${showBindings(expr.bindings)}in ${showExpr(expr.body)})`;
    case "with":
      return `(with ${showExpr(expr.scope)}; ${showExpr(expr.body)})`;
    case "conditional": {
      const { condition, consequent, alternative } = expr;
      return `(if ${showExpr(condition)} then ${showExpr(consequent)} else ${showExpr(alternative)})`;
    }
    case "assert":
      return `assert ${showExpr(expr.condition)}; ${showExpr(expr.body)}`;
    case "binary":
      return `(${showExpr(expr.left)} ${expr.operator} ${showExpr(expr.right)})`;
    case "not":
      return `(! ${showExpr(expr.operand)})`;
    case "deferred":
      return showExpr(expr.load());
    case "has-attribute":
      return `((${showExpr(expr.from)}) ? ${showPath(expr.path)})`;
    case "search-path":
      return `(__findFile __nixPath ${quoteString(expr.path)})`;
    default:
      return "__curPos";
  }
}

function showLiteral({ type, value }: Literal): string {
  if (type === "string") return quoteString(String(value));
  return type === "float" ? formatFloat(Number(value)) : String(value);
}

function showInterpolation({ type, parts }: Interpolation): string {
  const shown = parts.map(showExpr);
  const [first, second] = parts;
  // The slash between a path and what is appended belongs to the path.
  if (type === "path" && first?.kind === "path" && second?.kind === "literal" && String(second.value).startsWith("/")) {
    const rest = String(second.value).slice(1);
    shown.splice(0, 2, first.path === "/" ? "/" : `${first.path}/`, ...(rest === "" ? [] : [quoteString(rest)]));
  }
  return `(${shown.join(" + ")})`;
}

/** `(f x) y` is `f x y`. */
function showCall(expr: Expr): string {
  if (expr.kind !== "application") return showExpr(expr);
  return [showCall(expr.callee), ...expr.args.map(showExpr)].join(" ");
}

function showLambda({ parameters, formals, body }: Lambda): string {
  if (formals === null) {
    return parameters.reduceRight((inner, parameter) => `(${parameter}: ${inner})`, showExpr(body));
  }
  const [alias] = parameters;
  return `(${showFormals(formals)}${alias === undefined ? "" : ` @ ${alias}`}: ${showExpr(body)})`;
}

function showFormals({ list, ellipsis }: Formals): string {
  const shown = list
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, fallback }) => (fallback === null ? name : `${name} ? ${showExpr(fallback)}`));
  if (ellipsis) shown.push("...");
  return `{ ${shown.join(", ")} }`;
}

function showSelect({ from, path, fallback }: Select): string {
  return `(${showExpr(from)}).${showPath(path)}${fallback === null ? "" : ` or (${showExpr(fallback)})`}`;
}

function showPath(path: readonly PathStep[]): string {
  return path
    .map((step) => (typeof step === "string" ? printAttributeName(step) : `"\${${showExpr(step)}}"`))
    .join(".");
}

/** Each with a blank behind it: those that are taken over, then the others by name, then those with computed names. */
function showBindings(set: AttributeSet): string {
  const sorted = set.attributes.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const taken = sorted.filter(({ inherited }) => inherited).map(({ name }) => `inherit ${printAttributeName(name)} ; `);
  const own = sorted
    .filter(({ inherited }) => !inherited)
    .map(({ name, value }) => `${printAttributeName(name)} = ${showValue(set, value)}; `);
  const dynamic = set.dynamicAttributes.map(({ name, value }) => `"\${${showExpr(name)}}" = ${showExpr(value)}; `);
  return [...taken, ...own, ...dynamic].join("");
}

function showValue(set: AttributeSet, value: Expr): string {
  const source = value.kind === "inherited-from" ? set.inheritSources[value.source] : undefined;
  if (value.kind !== "inherited-from" || source === undefined) return showExpr(value);
  return `(${showExpr(source)}).${printAttributeName(value.name)}`;
}
