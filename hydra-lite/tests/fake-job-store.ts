import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BuildEvent, BuildOptions, BuildOutcome, BuildRun, BuildTarget, LocalStore } from "#store/api.ts";
import type { EvaluatedJob } from "../model/job.ts";
import type { JobStore } from "../queue/job-store.ts";

export interface FakeDerivation {
  readonly inputs?: readonly string[];
  /** Files of its output; null when its build fails. */
  readonly files: Readonly<Record<string, string>> | null;
  readonly log?: string;
}

/**
 * A store whose builds are told beforehand: `define` a derivation, and `build` "runs" it, in order of dependencies, with
 * the events of the real one. Outputs are real files under a root of its own.
 */
export class FakeJobStore implements JobStore {
  readonly root: string;
  readonly storeDir: string = "/nix/store";
  readonly roots: Map<string, string> = new Map();
  readonly exported: string[] = [];
  /** Every step that ran, in order. */
  readonly ran: string[] = [];
  isClosed: boolean = false;
  readonly #derivations = new Map<string, FakeDerivation>();
  readonly #outcomes = new Map<string, BuildOutcome>();

  constructor(parent: string) {
    this.root = mkdtempSync(join(parent, "root-"));
  }

  /** Defines `<name>.drv`, anew when it is there. Returns the job that stands for it. */
  define(name: string, derivation: FakeDerivation, constituents: readonly string[] | null = null): EvaluatedJob {
    const drvPath = fakeDrvPath(name);
    this.#derivations.set(drvPath, derivation);
    this.#outcomes.delete(drvPath);
    return { attr: name, name, drvPath, outputs: { out: fakeOutput(name) }, constituents };
  }

  physicalPath(path: string): string {
    return path.startsWith(`${this.storeDir}/`) ? join(this.root, path) : path;
  }

  readDerivation(drvPath: string): ReturnType<LocalStore["readDerivation"]> {
    const inputs = this.#derivations.get(drvPath)?.inputs ?? [];
    return {
      outputs: new Map([["out", { path: fakeOutput(nameOf(drvPath)), hashAlgorithm: "", hash: "" }]]),
      inputDrvs: new Map(inputs.map((name) => [fakeDrvPath(name), ["out"]])),
      inputSrcs: [],
      platform: "x86_64-linux",
      builder: "/bin/sh",
      args: [],
      env: new Map(),
    };
  }

  computeClosure(paths: Iterable<string>): string[] {
    return [...new Set(paths)].sort();
  }

  addIndirectRoot(link: string, path: string): string {
    this.roots.set(link, path);
    return link;
  }

  async exportCache(paths: readonly string[]): Promise<void> {
    this.exported.push(...paths);
  }

  logPath(drvPath: string): string {
    return `logs/${nameOf(drvPath)}`;
  }

  close(): void {
    this.isClosed = true;
  }

  build(targets: readonly BuildTarget[], options: BuildOptions): BuildRun {
    const events = this.#run(targets, options);
    const { promise, resolve } = Promise.withResolvers<Awaited<BuildRun["result"]>>();
    const outcomeOf = (drvPath: string): BuildOutcome => this.#outcomes.get(drvPath) ?? "cancelled";
    const finish = (): void => {
      const results = targets.map(({ drvPath }) => ({
        drvPath,
        outcome: outcomeOf(drvPath),
        outputs: { out: fakeOutput(nameOf(drvPath)) },
      }));
      resolve({ success: results.every(({ outcome }) => outcome === "built"), targets: results });
    };
    return {
      result: promise,
      async *[Symbol.asyncIterator]() {
        yield* events;
        finish();
      },
    };
  }

  *#run(targets: readonly BuildTarget[], options: BuildOptions): Generator<BuildEvent> {
    const before = new Map(this.#outcomes);
    for (const { drvPath } of targets) {
      yield* this.#realise(drvPath, options);
    }
    for (const { drvPath } of targets) {
      if (before.get(drvPath) === "built") {
        yield this.#finished(drvPath, "cached");
      }
    }
  }

  *#realise(drvPath: string, options: BuildOptions): Generator<BuildEvent> {
    const derivation = this.#derivations.get(drvPath);
    if (derivation === undefined || this.#outcomes.has(drvPath)) {
      return;
    }
    const stopped = options.keepGoing !== true && [...this.#outcomes.values()].includes("failed");
    if (stopped || options.signal?.aborted === true) {
      yield this.#finished(drvPath, "cancelled");
      return;
    }
    const inputs = (derivation.inputs ?? []).map(fakeDrvPath);
    for (const input of inputs) {
      yield* this.#realise(input, options);
    }
    if (inputs.some((input) => this.#outcomes.get(input) !== "built")) {
      yield this.#finished(drvPath, "dependency-failed");
      return;
    }
    yield { type: "started", drvPath, name: nameOf(drvPath), kind: "build", timeMs: Date.now() };
    this.ran.push(nameOf(drvPath));
    yield { type: "log", drvPath, line: "building" };
    yield this.#finished(drvPath, this.#write(drvPath, derivation));
  }

  #write(drvPath: string, { files }: FakeDerivation): BuildOutcome {
    for (const [name, contents] of Object.entries(files ?? {})) {
      const path = this.physicalPath(join(fakeOutput(nameOf(drvPath)), name));
      mkdirSync(dirname(path), { recursive: true });
      if (contents.startsWith("-> ")) {
        symlinkSync(contents.slice(3), path);
      } else {
        writeFileSync(path, contents);
      }
    }
    return files === null ? "failed" : "built";
  }

  #finished(drvPath: string, outcome: BuildOutcome): BuildEvent {
    if (outcome !== "cached" && outcome !== "cancelled") {
      this.#outcomes.set(drvPath, outcome);
    }
    const name = nameOf(drvPath);
    const details = this.#derivations.get(drvPath)?.log ?? "";
    const error = { code: "STORE_BUILD_FAILED", message: `Builder of '${name}' failed with exit code 1`, details };
    const event = {
      type: "finished",
      drvPath,
      name,
      outcome,
      durationMs: 5,
      outputs: { out: fakeOutput(name) },
    } as const;
    return outcome === "failed" ? { ...event, error } : event;
  }
}

const nameOf = (path: string): string => path.replace(/^.*\/0{32}-/, "").replace(/\.drv$/, "");
export const fakeDrvPath = (name: string): string => `/nix/store/${"0".repeat(32)}-${name}.drv`;
export const fakeOutput = (name: string): string => `/nix/store/${"0".repeat(32)}-${name}`;
