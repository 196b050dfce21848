/**
 * Static scopes: decides for every variable of a file whether it is a slot of a frame, a global, or has to be looked up in
 * the enclosing `with`s; an unknown name is an error of the whole file, as in Nix. Runs once over the tree, right after
 * parsing, so that closures can be compiled later, one by one, without any scope at hand.
 *
 * Frames, innermost first: a lambda's parameters (`args@` first, then the formals in order), the names of a `let` or a
 * recursive set (sorted, see {@link sortAttributes}), or the set of a `with` (slot 1).
 */
import { EvaluationError } from "../errors.ts";
import type { Attribute, AttributeSet, Binding, Expr, Lambda, PathStep, Variable } from "../syntax/ast.ts";
import { didYouMean } from "../text/edit-distance.ts";

export class StaticScope {
  readonly parent: StaticScope | null;
  /** Null for a `with`. */
  readonly slots: ReadonlyMap<string, number> | null;
  constructor(parent: StaticScope | null, slots: ReadonlyMap<string, number> | null) {
    this.parent = parent;
    this.slots = slots;
  }
}

/** Binds all variables below `expr`. `globals` answers whether a name is a global. */
export function resolve(expr: Expr, scope: StaticScope | null, globals: ReadonlyMap<string, unknown>): void {
  new Resolver(globals).visit(expr, scope);
}

class Resolver {
  readonly #globals: ReadonlyMap<string, unknown>;
  constructor(globals: ReadonlyMap<string, unknown>) {
    this.#globals = globals;
  }

  visit(expr: Expr, scope: StaticScope | null): void {
    switch (expr.kind) {
      case "variable":
        this.#bind(expr, scope);
        return;
      case "application":
        this.visit(expr.callee, scope);
        this.#visitAll(expr.args, scope);
        return;
      case "select":
        this.visit(expr.from, scope);
        this.#visitPath(expr.path, scope);
        if (expr.fallback !== null) this.visit(expr.fallback, scope);
        return;
      case "has-attribute":
        this.visit(expr.from, scope);
        this.#visitPath(expr.path, scope);
        return;
      case "interpolation":
        this.#visitAll(expr.parts, scope);
        return;
      case "list":
        this.#visitAll(expr.elements, scope);
        return;
      case "attribute-set":
        this.#visitSet(expr, scope);
        return;
      case "lambda":
        this.#visitLambda(expr, scope);
        return;
      case "let":
        this.visit(expr.body, this.#visitRecursive(expr.bindings, scope));
        return;
      default:
        this.#visitOther(expr, scope);
    }
  }

  #visitOther(expr: Expr, scope: StaticScope | null): void {
    switch (expr.kind) {
      case "with":
        this.visit(expr.scope, scope);
        this.visit(expr.body, new StaticScope(scope, null));
        return;
      case "conditional":
        this.visit(expr.condition, scope);
        this.visit(expr.consequent, scope);
        this.visit(expr.alternative, scope);
        return;
      case "assert":
        this.visit(expr.condition, scope);
        this.visit(expr.body, scope);
        return;
      case "binary":
        this.visit(expr.left, scope);
        this.visit(expr.right, scope);
        return;
      case "not":
        this.visit(expr.operand, scope);
        return;
      case "search-path":
        this.#bind(expr.finder, scope);
        this.#bind(expr.searchPath, scope);
    }
  }

  #visitAll(exprs: readonly Expr[], scope: StaticScope | null): void {
    for (const expr of exprs) this.visit(expr, scope);
  }

  #visitPath(path: readonly PathStep[], scope: StaticScope | null): void {
    for (const step of path) if (typeof step !== "string") this.visit(step, scope);
  }

  #visitSet(set: AttributeSet, scope: StaticScope | null): void {
    if (set.recursive) {
      this.#visitRecursive(set, scope);
      return;
    }
    sortAttributes(set);
    for (const attribute of set.attributes) this.visit(attribute.value, scope);
    this.#visitAll(set.inheritSources, scope);
    this.#visitDynamic(set, scope);
  }

  #visitRecursive(set: AttributeSet, scope: StaticScope | null): StaticScope {
    sortAttributes(set);
    const slots = new Map<string, number>();
    for (const attribute of set.attributes) slots.set(attribute.name, slots.size + 1);
    const inner = new StaticScope(scope, slots);
    for (const attribute of set.attributes) this.visit(attribute.value, attribute.inherited ? scope : inner);
    this.#visitAll(set.inheritSources, inner);
    this.#visitDynamic(set, inner);
    return inner;
  }

  #visitDynamic(set: AttributeSet, scope: StaticScope | null): void {
    for (const attribute of set.dynamicAttributes) {
      this.visit(attribute.name, scope);
      this.visit(attribute.value, scope);
    }
  }

  #visitLambda(lambda: Lambda, scope: StaticScope | null): void {
    const slots = new Map<string, number>();
    let slot = 1;
    for (const parameter of lambda.parameters) slots.set(parameter, slot++);
    for (const formal of lambda.formals?.list ?? []) slots.set(formal.name, slot++);
    const inner = new StaticScope(scope, slots);
    for (const formal of lambda.formals?.list ?? []) {
      if (formal.fallback !== null) this.visit(formal.fallback, inner);
    }
    this.visit(lambda.body, inner);
  }

  #bind(variable: Variable, scope: StaticScope | null): void {
    variable.binding = this.#lookUp(variable.name, scope) ?? this.#failUndefined(variable, scope);
  }

  #lookUp(name: string, scope: StaticScope | null): Binding | null {
    let depth = 0;
    let withs: number[] | null = null;
    for (let at = scope; at !== null; at = at.parent) {
      if (at.slots === null) {
        withs ??= [];
        withs.push(depth);
      } else {
        const slot = at.slots.get(name);
        if (slot !== undefined) return { type: "slot", depth, slot };
      }
      depth++;
    }
    if (this.#globals.has(name)) return { type: "global", name };
    return withs === null ? null : { type: "with", depths: withs };
  }

  #failUndefined(variable: Variable, scope: StaticScope | null): never {
    const visible = new Set<string>(this.#globals.keys());
    for (let at = scope; at !== null; at = at.parent) for (const name of at.slots?.keys() ?? []) visible.add(name);
    const { name, pos } = variable;
    throw new EvaluationError("undefined-variable", `undefined variable '${name}'`, pos, didYouMean(name, visible));
  }
}

/** Sorts the attributes of a set by name, in place: the order of slots and of the set's shape. */
function sortAttributes(set: AttributeSet): void {
  const attributes = set.attributes as Attribute[];
  attributes.sort((a, b) => (a.name < b.name ? -1 : 1));
}
