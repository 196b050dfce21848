/** A git repository, asked through the program `git`. Revisions are hashes; text is byte strings. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EvalIoError } from "../../io.ts";
import type { FetchContext } from "./fetch-context.ts";
import { type ProgramResult, runProgram, tryProgram } from "./run-program.ts";

/** Variables by which a caller's git would tell ours which repository to use. */
const gitVariables = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"];

/** Files are taken as they were committed: nothing converts lines, expands keywords or filters. */
const plainAttributes = "* -text -eol -ident -filter -working-tree-encoding -export-subst";

export interface Submodule {
  /** In the tree. */
  readonly path: string;
  readonly url: string;
  readonly rev: string;
}

export class GitRepository {
  /** A work tree, or a bare repository. */
  readonly folder: string;
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(context: FetchContext, folder: string) {
    this.folder = folder;
    const environment: Record<string, string | undefined> = { ...context.environment, GIT_TERMINAL_PROMPT: "0" };
    for (const name of gitVariables) delete environment[name];
    this.#environment = environment;
  }

  run(args: readonly string[]): string {
    return runProgram("git", args, { folder: this.folder, environment: this.#environment });
  }

  try(args: readonly string[]): ProgramResult {
    return tryProgram("git", args, { folder: this.folder, environment: this.#environment });
  }

  /** The commit that a name stands for, null when there is none. */
  resolve(name: string): string | null {
    const { code, output } = this.try(["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`]);
    return code === 0 ? output.trim() : null;
  }

  hasRevision(rev: string): boolean {
    return this.try(["cat-file", "-e", `${rev}^{commit}`]).code === 0;
  }

  lastModified(rev: string): number {
    return Number(this.run(["log", "-1", "--format=%ct", "--no-show-signature", rev]));
  }

  get isShallow(): boolean {
    return this.run(["rev-parse", "--is-shallow-repository"]).trim() === "true";
  }

  countRevisions(rev: string): number {
    return Number(this.run(["rev-list", "--count", rev]));
  }

  /** Writes the tree of a revision into a folder, through a repository of our own that only borrows the objects. */
  exportTree(rev: string, target: string, options: { readonly exportIgnore: boolean; readonly scratch: string }): void {
    const view = join(options.scratch, `view-${rev}`);
    const objects = this.run(["rev-parse", "--path-format=absolute", "--git-path", "objects"]).trim();
    runProgram("git", ["init", "--quiet", "--bare", view], { environment: this.#environment });
    mkdirSync(join(view, "objects", "info"), { recursive: true });
    mkdirSync(join(view, "info"), { recursive: true });
    writeFileSync(join(view, "objects", "info", "alternates"), `${objects}\n`, "latin1");
    const attributes = options.exportIgnore ? plainAttributes : `${plainAttributes} -export-ignore`;
    writeFileSync(join(view, "info", "attributes"), `${attributes}\n`);
    const archive = join(options.scratch, `${rev}.tar`);
    runProgram("git", ["archive", "--format=tar", `--output=${archive}`, rev], {
      folder: view,
      environment: this.#environment,
    });
    mkdirSync(target, { recursive: true });
    runProgram("tar", ["-x", "-f", archive, "-C", target, "--no-same-owner"], { environment: this.#environment });
  }

  submodulesOf(rev: string): Submodule[] {
    const listed = this.try(["config", "-z", "--blob", `${rev}:.gitmodules`, "--get-regexp", "^submodule\\."]);
    if (listed.code !== 0) return [];
    const sections = new Map<string, Map<string, string>>();
    for (const entry of listed.output.split("\0")) {
      const match = /^submodule\.(.*)\.([a-z]+)\n(.*)$/s.exec(entry);
      if (match === null) continue;
      const [, name = "", key = "", value = ""] = match;
      const section = sections.get(name) ?? new Map<string, string>();
      sections.set(name, section.set(key, value));
    }
    return [...sections.values()].flatMap((section) => this.#submodule(rev, section));
  }

  #submodule(rev: string, section: ReadonlyMap<string, string>): Submodule[] {
    const path = section.get("path");
    const url = section.get("url");
    if (path === undefined || url === undefined) return [];
    if (path.startsWith("/") || path.split("/").includes("..")) {
      throw new EvalIoError("invalid", `submodule path '${path}' leads out of the repository`);
    }
    const commit = /^160000 commit ([0-9a-f]+)\t/.exec(this.run(["ls-tree", "-z", rev, "--", path]))?.[1];
    return commit === undefined ? [] : [{ path, url, rev: commit }];
  }
}
