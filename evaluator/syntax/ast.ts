/**
 * The syntax tree as objects. They are made from a `SyntaxTree` when something is compiled, down to what is computed later:
 * that is a {@link Deferred}. Positions are numbers of `source-file.ts`. Applications and simple lambdas are flattened
 * (`f a b` is one node with two arguments, `a: b: c` one lambda with two parameters), because that is what gets compiled
 * well.
 */

export type Expr =
  | Literal
  | PathLiteral
  | SearchPath
  | Interpolation
  | Variable
  | Select
  | HasAttribute
  | Lambda
  | Application
  | AttributeSet
  | ListLiteral
  | Let
  | With
  | Conditional
  | Assert
  | Binary
  | Not
  | InheritedFrom
  | CurrentPosition
  | Deferred;

/**
 * An expression that was not needed yet. Stands for whatever is computed later (bodies of lambdas, arguments, members,
 * defaults) unless that is an atom or small; the tree has its place already.
 */
export interface Deferred {
  readonly kind: "deferred";
  /** A call of a variable or of an attribute of one: some are made at once instead of delayed. */
  readonly isCall: boolean;
  readonly pos: number;
  load(): Expr;
}

/** An integer, float or string that needs no evaluation. */
export interface Literal {
  readonly kind: "literal";
  readonly type: "int" | "float" | "string";
  readonly value: number | bigint | string;
  readonly pos: number;
}

export interface PathLiteral {
  readonly kind: "path";
  /** Absolute and canonical. */
  readonly path: string;
  readonly pos: number;
}

/** `<nixpkgs/lib>`; `finder` is the variable `__findFile`, `searchPath` the variable `__nixPath`. */
export interface SearchPath {
  readonly kind: "search-path";
  readonly path: string;
  readonly finder: Variable;
  readonly searchPath: Variable;
  readonly pos: number;
}

/** A string or path with `${..}`; also `a + b`, as `plus`, which takes its type from the first part. */
export interface Interpolation {
  readonly kind: "interpolation";
  readonly type: "string" | "path" | "plus";
  readonly parts: readonly Expr[];
  readonly pos: number;
}

export interface Variable {
  readonly kind: "variable";
  readonly name: string;
  readonly pos: number;
  /** Null in a tree that was only parsed. */
  readonly binding: Binding | null;
}

/** What a variable means: a slot `depth` frames up, a global, or a look-up in enclosing `with`s (innermost first). */
export type Binding =
  | SlotBinding
  | { readonly type: "global"; readonly name: string }
  | { readonly type: "with"; readonly depths: readonly number[] };

export interface SlotBinding {
  readonly type: "slot";
  readonly depth: number;
  readonly slot: number;
}

/** One step of an attribute path: a name known now, or an expression. */
export type PathStep = string | Expr;

export interface Select {
  readonly kind: "select";
  readonly from: Expr;
  readonly path: readonly PathStep[];
  readonly fallback: Expr | null;
  readonly pos: number;
}

export interface HasAttribute {
  readonly kind: "has-attribute";
  readonly from: Expr;
  readonly path: readonly PathStep[];
  readonly pos: number;
}

export interface Formal {
  readonly name: string;
  readonly pos: number;
  readonly fallback: Expr | null;
}

/** `a: b: body` has `parameters`; `{ a, b ? 1, ... }@args: body` has `formals`, and `parameters` is `[]` or `["args"]`. */
export interface Lambda {
  readonly kind: "lambda";
  readonly parameters: readonly string[];
  readonly formals: Formals | null;
  readonly body: Expr;
  readonly pos: number;
  /** The attribute or variable it was bound to, for messages. */
  readonly name: string | null;
}

export interface Formals {
  readonly list: readonly Formal[];
  readonly ellipsis: boolean;
}

export interface Application {
  readonly kind: "application";
  readonly callee: Expr;
  readonly args: readonly Expr[];
  readonly pos: number;
}

export interface Attribute {
  readonly name: string;
  readonly pos: number;
  readonly value: Expr;
  /** `inherit x;`: the value is resolved in the scope outside of a recursive set. */
  readonly inherited: boolean;
}

export interface DynamicAttribute {
  readonly name: Expr;
  readonly pos: number;
  readonly value: Expr;
}

export interface AttributeSet {
  readonly kind: "attribute-set";
  /** `let { .. }` and `let .. in` share the form. */
  readonly recursive: boolean;
  /** Sources of `inherit (e) ..`, in order; {@link InheritedFrom} refers to them by index. */
  readonly inheritSources: readonly Expr[];
  /** Sorted by name in a tree that is resolved: the order of slots and of the set's shape. */
  readonly attributes: readonly Attribute[];
  readonly dynamicAttributes: readonly DynamicAttribute[];
  readonly pos: number;
}

/** The value of an attribute made by `inherit (e) name`. */
export interface InheritedFrom {
  readonly kind: "inherited-from";
  readonly source: number;
  readonly name: string;
  readonly pos: number;
}

export interface ListLiteral {
  readonly kind: "list";
  readonly elements: readonly Expr[];
  readonly pos: number;
}

export interface Let {
  readonly kind: "let";
  readonly bindings: AttributeSet;
  readonly body: Expr;
  readonly pos: number;
}

export interface With {
  readonly kind: "with";
  readonly scope: Expr;
  readonly body: Expr;
  readonly pos: number;
}

export interface Conditional {
  readonly kind: "conditional";
  readonly condition: Expr;
  readonly consequent: Expr;
  readonly alternative: Expr;
  readonly pos: number;
}

export interface Assert {
  readonly kind: "assert";
  readonly condition: Expr;
  /** The condition as written, for the message. */
  readonly text: string;
  readonly body: Expr;
  readonly pos: number;
}

export type BinaryOperator = "==" | "!=" | "&&" | "||" | "->" | "//" | "++";

export interface Binary {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expr;
  readonly right: Expr;
  readonly pos: number;
}

export interface Not {
  readonly kind: "not";
  readonly operand: Expr;
  readonly pos: number;
}

/** `__curPos`. */
export interface CurrentPosition {
  readonly kind: "current-position";
  readonly pos: number;
}
