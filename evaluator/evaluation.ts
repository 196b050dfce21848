/**
 * One evaluation: its view of the world, its globals, and what it remembers of files. All other state is in values.
 * Nothing in the evaluator is global but the table of interned names.
 */

import { makeBuiltins } from "./builtins/registry.ts";
import { openTreeCache } from "./cache/open-tree-cache.ts";
import { type TreeCache, textHash } from "./cache/tree-cache.ts";
import type { KnownTree } from "./cache/tree-entry.ts";
import { Compiler } from "./compile/compiler.ts";
import { GlobalNames, resolve, StaticScope } from "./compile/resolve.ts";
import { EvaluationError } from "./errors.ts";
import { type EvalIo, EvalIoError, type FileIdentity } from "./io.ts";
import type { Expr } from "./syntax/ast.ts";
import { parseTree } from "./syntax/parser.ts";
import { type SourceFile, Sources } from "./syntax/source-file.ts";
import type { SyntaxTree } from "./syntax/syntax-tree.ts";
import { TreeReader } from "./syntax/tree-reader.ts";
import { didYouMean } from "./text/edit-distance.ts";
import type { Attrs } from "./value/attrs.ts";
import { frameOfSlots, noFrame } from "./value/frame.ts";
import { type Env, type Lazy, Thunk, type Value } from "./value/value.ts";

export interface EvaluationOptions {
  /** What `~` stands for. */
  readonly home?: string;
  /** By Nix's names, `pipe-operators`.. */
  readonly experimentalFeatures?: ReadonlySet<string>;
  /** Pure evaluation: no environment, no search path, no current time. */
  readonly pure?: boolean;
  /** Builds what expressions want to read (true unless told). */
  readonly importFromDerivation?: boolean;
  /** `traceVerbose` shows its text. */
  readonly verbose?: boolean;
  /** Delay all that C++ Nix delays, so that a value printed without `strict` shows `<CODE>` in the same places. */
  readonly lazyLikeNix?: boolean;
  /** Word 0 becomes other than 0 to end what runs, with an error that nothing in the language catches. */
  readonly interrupt?: Int32Array;
  /** Folder of the cache of parsed files; none unless told. */
  readonly parsedFiles?: string | null;
}

/** `«string»` as bytes: what positions in text that is no file show. */
export const stringSource: string = "\xc2\xabstring\xc2\xbb";

export class Evaluation {
  readonly io: EvalIo;
  readonly options: EvaluationOptions;
  readonly sources: Sources = new Sources();
  readonly globals: ReadonlyMap<string, Lazy>;
  readonly builtins: Attrs;
  readonly compiler: Compiler;
  readonly #globalNames: GlobalNames;
  /** Source path -> store path, of what string coercion copied. */
  readonly copiedPaths: Map<string, string> = new Map();
  readonly #files = new Map<string, Value>();
  readonly #resolvedPaths = new Map<string, string>();
  #trees: TreeCache | null = null;

  constructor(io: EvalIo, options: EvaluationOptions = {}) {
    this.io = io;
    this.options = options;
    this.compiler = new Compiler(this);
    const { builtins, globals } = makeBuiltins(this);
    this.builtins = builtins;
    this.globals = globals;
    this.#globalNames = new GlobalNames(globals);
  }

  /** Evaluates text; relative paths in it start at `folder`. */
  evaluateText(text: string, folder: string, name: string = stringSource): Value {
    return this.#run(this.sources.add(name, text, false), folder, null, noFrame);
  }

  /** Text as something to compute later, in a scope of its own. Errors of syntax and unknown names strike at once. */
  prepareText(text: string, folder: string, scope: StaticScope | null, env: Env): Thunk {
    return new Thunk(
      this.compiler.code(this.#resolved(this.sources.add(stringSource, text, false), folder, scope)),
      env,
    );
  }

  /** The syntax of a text, for those who look at it. Names that are not there are an error already, as in Nix. */
  parseText(text: string, folder: string, name: string, isFile: boolean): Expr {
    return this.#parse(this.sources.add(name, text, isFile), folder);
  }

  #parse(file: SourceFile, folder: string): Expr {
    const tree = parseTree(file, { pipeOperators: this.hasFeature("pipe-operators") });
    resolve(tree, file.base, null, this.#globalNames);
    return new TreeReader(tree, { base: file.base, folder, home: this.options.home ?? "/" }).whole(tree.root);
  }

  /** The value of a file (or of a folder's `default.nix`), evaluated once. */
  importFile(path: string): Value {
    const file = this.resolveExprPath(path);
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    const value = this.#runFile(file, null, noFrame);
    this.#files.set(file, value);
    return value;
  }

  /** As {@link importFile}, with the attributes of a set as additional variables; not remembered. */
  importScoped(path: string, scope: Attrs): Value {
    const file = this.resolveExprPath(path);
    const slots = new Map<string, number>();
    for (const name of scope.keys) slots.set(name, slots.size + 1);
    const env = frameOfSlots(null, scope.values);
    return this.#runFile(file, new StaticScope(null, slots), env);
  }

  /** Follows symlinks of the last component and appends `default.nix` to a folder. */
  resolveExprPath(path: string): string {
    const known = this.#resolvedPaths.get(path);
    if (known !== undefined) return known;
    const resolved = this.#findExprFile(path);
    this.#resolvedPaths.set(path, resolved);
    return resolved;
  }

  #findExprFile(path: string): string {
    let file = path;
    let type = this.fileType(file);
    if (type === "symlink") {
      file = this.guardIo(() => this.io.realPath(file));
      type = this.fileType(file);
    }
    if (type === "directory") return this.#findExprFile(file === "/" ? "/default.nix" : `${file}/default.nix`);
    return file;
  }

  hasFeature(name: string): boolean {
    return this.options.experimentalFeatures?.has(name) ?? false;
  }

  /** @throws EvaluationError when the user has not enabled the feature */
  requireFeature(name: string): void {
    if (this.hasFeature(name)) return;
    throw new EvaluationError(
      "other",
      `experimental Nix feature '${name}' is disabled`,
      0,
      `add '--extra-experimental-features ${name}' to enable it`,
    );
  }

  fileType(path: string): ReturnType<EvalIo["fileType"]> {
    return this.guardIo(() => this.io.fileType(path));
  }

  /** As {@link fileType}; what may not or cannot be looked at (a name that is too long) is not there. */
  fileTypeIfAllowed(path: string): ReturnType<EvalIo["fileType"]> {
    try {
      return this.io.fileType(path);
    } catch (error) {
      if (error instanceof EvalIoError) return null;
      throw error;
    }
  }

  /** Failures of the world as evaluation errors. */
  guardIo<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (error instanceof EvalIoError) {
        throw new EvaluationError("io", error.message, 0, error.hint ?? this.#nearFile(error));
      }
      throw error;
    }
  }

  /** The syntax of a file, for those who look at it. */
  /** What a file that is not there may have been meant to be. */
  #nearFile({ kind, message }: EvalIoError): string | undefined {
    const path = kind === "not-found" ? /'(\/[^']*)'/.exec(message)?.[1] : undefined;
    if (path === undefined) return undefined;
    const end = path.lastIndexOf("/");
    try {
      return didYouMean(path.slice(end + 1), this.io.readDir(path.slice(0, end) || "/").keys());
    } catch {
      return undefined;
    }
  }

  parseFile(file: string): Expr {
    return this.#parse(this.#addFile(file), folderOf(file));
  }

  #addFile(file: string): SourceFile {
    return this.sources.add(
      file,
      this.guardIo(() => this.io.readFile(file)),
      true,
    );
  }

  #runFile(file: string, scope: StaticScope | null, env: Env): Value {
    const folder = folderOf(file);
    const cache = scope === null ? this.#treeCache() : null;
    const identity = cache === null ? null : this.guardIo(() => this.io.identify(file));
    if (cache === null || identity === null) return this.#run(this.#addFile(file), folder, scope, env);
    return this.compiler.compile(this.#cached(file, folder, cache, identity))(env);
  }

  /** From the cache of parsed files, which it is put into when it is not there. */
  #cached(file: string, folder: string, cache: TreeCache, identity: FileIdentity): Expr {
    const known = cache.find(file, identity);
    if (known !== null) return this.#known(file, folder, known);
    const text = this.guardIo(() => this.io.readFile(file));
    const hash = textHash(text);
    const same = cache.findText(file, identity, hash);
    if (same !== null) return this.#known(file, folder, same);
    const source = this.sources.add(file, text, true);
    const tree = this.#tree(source, null);
    cache.add(file, identity, hash, { tree, source });
    return this.#read(tree, source.base, folder);
  }

  #known(file: string, folder: string, { tree, length, lineStarts }: KnownTree): Expr {
    const load = (): string => this.guardIo(() => this.io.readFile(file));
    return this.#read(tree, this.sources.add(file, { length, lineStarts, load }, true).base, folder);
  }

  #treeCache(): TreeCache | null {
    const { parsedFiles = null } = this.options;
    if (parsedFiles === null) return null;
    const features = this.hasFeature("pipe-operators") ? ["pipe-operators"] : [];
    this.#trees ??= openTreeCache(parsedFiles, [...features, ...[...this.globals.keys()].sort()]);
    return this.#trees;
  }

  /** Writes the parsed files that are new, if there are this many, to the cache of them, and lets go of its files. */
  saveParsedFiles(least = 0): void {
    if (this.#trees === null || this.#trees.newCount < least) return;
    this.#trees.save();
    this.#trees.close();
  }

  #run(file: SourceFile, folder: string, scope: StaticScope | null, env: Env): Value {
    return this.compiler.compile(this.#resolved(file, folder, scope))(env);
  }

  #resolved(file: SourceFile, folder: string, scope: StaticScope | null): Expr {
    return this.#read(this.#tree(file, scope), file.base, folder);
  }

  #tree(file: SourceFile, scope: StaticScope | null): SyntaxTree {
    const tree = parseTree(file, { pipeOperators: this.hasFeature("pipe-operators") });
    resolve(tree, file.base, scope, this.#globalNames);
    return tree;
  }

  #read(tree: SyntaxTree, base: number, folder: string): Expr {
    return new TreeReader(tree, { base, folder, home: this.options.home ?? "/" }).read(tree.root);
  }
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/")) || "/";
}
