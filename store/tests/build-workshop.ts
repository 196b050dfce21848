/**
 * A throw-away store with tools to build with, made without network: the host's shell and a few programs are copied into
 * it and their interpreter and library paths rewritten with patchelf, as the distro does with its packages.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { buildPaths } from "../build/build-paths.ts";
import type { BuildEvent, BuildOptions, BuildOutcome, BuildTarget, TargetResult } from "../build/events.ts";
import { DerivationHasher } from "../formats/derivation-hash.ts";
import type { DerivationOutput } from "../formats/derivation-type.ts";
import { openLocalStore } from "../local/local-store.ts";
import type { LocalStore } from "../local/store-interface.ts";

const TOOLS =
  "sh bash cat chmod cp dd env false head id ln ls mkdir mv readlink rm seq sleep stat test touch true wc".split(" ");

export interface DrvSpec {
  readonly name: string;
  readonly script?: string;
  readonly builder?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly outputs?: readonly string[];
  readonly inputs?: readonly string[];
  readonly sources?: readonly string[];
  readonly platform?: string;
  /** `sha256:<base16>` or `r:sha256:<base16>` of the only output. */
  readonly fixed?: string;
}

export interface FinishedRun {
  readonly success: boolean;
  readonly targets: readonly TargetResult[];
  readonly events: readonly BuildEvent[];
}

/** Removes itself and closes its store when disposed. */
export class BuildWorkshop implements Disposable {
  readonly root: string;
  readonly store: LocalStore;
  readonly #hasher: DerivationHasher;
  #tools: TestTools | null = null;

  constructor() {
    this.root = mkdtempSync(join(realpathSync(tmpdir()), "firn-build-test-"));
    this.store = openLocalStore({ root: this.root });
    this.#hasher = new DerivationHasher((drvPath) => this.store.readDerivation(drvPath));
  }

  get tools(): TestTools {
    this.#tools ??= addTools(this.store);
    return this.#tools;
  }

  get toolPaths(): readonly string[] {
    return [this.tools.programs, this.tools.libraries];
  }

  /** Writes a derivation; returns its path. The script finds the tools on PATH. */
  add(spec: DrvSpec): string {
    const sources = spec.script === undefined ? [] : this.toolPaths;
    const finished = this.#hasher.finish(spec.name, {
      outputs: new Map((spec.outputs ?? ["out"]).map((name) => [name, emptyOutput(spec.fixed)])),
      inputDrvs: new Map(
        (spec.inputs ?? []).map((drvPath) => [drvPath, [...this.store.readDerivation(drvPath).outputs.keys()]]),
      ),
      inputSrcs: [...sources, ...(spec.sources ?? [])],
      platform: spec.platform ?? "x86_64-linux",
      builder: spec.builder ?? `${this.tools.programs}/bin/sh`,
      args: spec.args ?? ["-euc", spec.script ?? ""],
      env: new Map(
        Object.entries({
          name: spec.name,
          PATH: spec.script === undefined ? "" : `${this.tools.programs}/bin`,
          ...spec.env,
        }),
      ),
    });
    return this.store.addDerivation(spec.name, finished.derivation);
  }

  /** Logical path of an output. */
  outputOf(drvPath: string, name = "out"): string {
    const path = this.store.readDerivation(drvPath).outputs.get(name)?.path;
    if (path === undefined) throw new Error(`No output '${name}'`);
    return path;
  }

  async build(drvPaths: readonly string[], options: BuildOptions = {}): Promise<FinishedRun> {
    const targets: BuildTarget[] = drvPaths.map((drvPath) => ({ drvPath }));
    const run = buildPaths(this.store, targets, options);
    const events: BuildEvent[] = [];
    for await (const event of run) events.push(event);
    return { ...(await run.result), events };
  }

  /** Something read-only that is not registered, as a crash may leave it; returns where it is. */
  leaveGarbageAt(storePath: string): string {
    const physicalPath = this.store.physicalPath(storePath);
    mkdirSync(join(physicalPath, "old"), { recursive: true });
    chmodSync(physicalPath, 0o555);
    return physicalPath;
  }

  /** Makes another user the owner of everything. */
  giveTo(uid: number): void {
    execFileSync("chown", ["-R", `${uid}:${uid}`, this.root]);
  }

  [Symbol.dispose](): void {
    this.store.close();
    execFileSync("chmod", ["-R", "u+w", this.root]);
    rmSync(this.root, { recursive: true, force: true });
  }
}

function emptyOutput(fixed: string | undefined): DerivationOutput {
  const [, hashAlgorithm = "", hash = ""] = /^((?:r:)?\w+):(\w+)$/.exec(fixed ?? "") ?? [];
  return { path: "", hashAlgorithm, hash };
}

/** What went wrong with one derivation, of all events of a run; empty texts when nothing did. */
export function errorOf(
  events: readonly BuildEvent[],
  drvPath: string,
): { readonly code: string; readonly message: string; readonly hint: string; readonly details: string } {
  const event = events.find((candidate) => candidate.type === "finished" && candidate.drvPath === drvPath);
  const none = { code: "", message: "", hint: "", details: "" };
  return event?.type === "finished" ? { ...none, ...event.error } : none;
}

/** Name -> outcome, of what finished. */
export function outcomesOf(events: readonly BuildEvent[]): Record<string, BuildOutcome> {
  const finished = events.filter((event) => event.type === "finished");
  return Object.fromEntries(finished.map(({ name, outcome }) => [name, outcome]));
}

/** The programs, and the libraries that they load, as two store paths. */
interface TestTools {
  readonly programs: string;
  readonly libraries: string;
}

function addTools(store: LocalStore): TestTools {
  prepared ??= prepareTools(store);
  return {
    libraries: store.addPath("test-libraries", prepared.libraries),
    programs: store.addPath("test-tools", prepared.programs),
  };
}

/** Physical folders to copy from. Made once, since patching takes longer than most tests: paths are the same in any store. */
let prepared: TestTools | null = null;

function prepareTools(store: LocalStore): TestTools {
  const scratch = mkdtempSync(join(tmpdir(), "firn-build-tools-"));
  process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
  const folders = { libraries: join(scratch, "lib"), programs: join(scratch, "tools") };
  const bin = join(folders.programs, "bin");
  for (const folder of [folders.libraries, bin]) mkdirSync(folder, { recursive: true });
  const programs = TOOLS.map((name) => ({ name, path: realpathSync(findProgram(name)) }));
  for (const path of new Set(programs.flatMap((program) => librariesOf(program.path)))) {
    copyFileSync(path, join(folders.libraries, basename(path)));
    chmodSync(join(folders.libraries, basename(path)), 0o755);
  }
  const libraries = store.addPath("test-libraries", folders.libraries, { dryRun: true });
  for (const { name, path } of programs) copyRelocated(path, join(bin, name), libraries);
  return folders;
}

function findProgram(name: string): string {
  const path = ["/bin", "/usr/bin"].map((folder) => join(folder, name)).find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error(`Host has no '${name}'`);
  return path;
}

/** The dynamic loader and everything it loads for this program. */
function librariesOf(program: string): string[] {
  const text = execFileSync("ldd", [program], { encoding: "utf8" });
  return [...text.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path);
}

function copyRelocated(source: string, target: string, libraries: string): void {
  copyFileSync(source, target);
  chmodSync(target, 0o755);
  const loader = basename(execFileSync("patchelf", ["--print-interpreter", source], { encoding: "utf8" }).trim());
  execFileSync("patchelf", [
    "--set-interpreter",
    `${libraries}/${loader}`,
    "--force-rpath",
    "--set-rpath",
    libraries,
    target,
  ]);
}
