/** The store on this disk, as a {@link Store}: a thin layer over `LocalStore`, plus trust and long work beside the event loop. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { buildLogPath, readBuildLog } from "../build/build-log.ts";
import type { BuildEvent, BuildRun, BuildTarget } from "../build/events.ts";
import { planMissing } from "../build/plan-run.ts";
import { repairPaths } from "../build/repair-paths.ts";
import type { SharedBuilds } from "../build/shared-builds.ts";
import { buildPaths } from "../deferred.ts";
import type { Derivation } from "../formats/derivation-type.ts";
import { isDerivationPath, makeTextPath, storePathName } from "../formats/store-path.ts";
import type { GarbageResult, LocalStore, NewPathInfo, PathInfo } from "../local/store-interface.ts";
import { AppError } from "../std/app-error.ts";
import { byteStringOf } from "../std/byte-string.ts";
import { type Substituters, substitutersFor } from "../substitute/substituters.ts";
import { ContentCheck, isContentAddressed, parseContentAddress } from "./content-address.ts";
import { DerivationCheck, textOfNar } from "./derivation-check.ts";
import { runMaintenance } from "./maintenance.ts";
import { narOfTree } from "./nar-stream.ts";
import type {
  AddNarOptions,
  ByteStream,
  CacheChoice,
  CollectOptions,
  ContentOptions,
  DerivedPath,
  MissingPaths,
  RealisedTarget,
  RealiseError,
  RealiseOptions,
  RealiseRun,
  Store,
} from "./store.ts";
import { TrustedKeys } from "./trusted-keys.ts";

/** What comes as a whole (texts, logs) is held in memory up to this. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

export interface LocalDiskStoreOptions {
  /** Builds that other stores of this process share. */
  readonly shared?: SharedBuilds;
  /** Whose signatures count; nobody's unless told. */
  readonly trustedKeys?: TrustedKeys;
  /** Caches that paths may come from. */
  readonly substituters?: Substituters | null;
  /** Called when the store has been closed. */
  readonly onClose?: () => void;
}

export class LocalDiskStore implements Store {
  readonly uri: string;
  readonly storeDir: string;
  readonly root: string;
  readonly #local: LocalStore;
  readonly #shared: SharedBuilds | null;
  readonly #trustedKeys: TrustedKeys;
  readonly #derivations: DerivationCheck;
  #substituters: Substituters | null;
  #chosen: Substituters | null = null;
  readonly #own: Substituters | null;
  readonly #onClose: () => void;

  /** @param local belongs to the new object, which closes it */
  constructor(local: LocalStore, options: LocalDiskStoreOptions = {}) {
    this.#local = local;
    this.#shared = options.shared ?? null;
    this.#trustedKeys = options.trustedKeys ?? new TrustedKeys([]);
    this.#derivations = new DerivationCheck(local);
    this.#own = options.substituters ?? null;
    this.#substituters = this.#own;
    this.#onClose = options.onClose ?? (() => {});
    this.root = local.root;
    this.storeDir = local.storeDir;
    this.uri = local.root === "/" ? "local" : `local?root=${local.root}`;
  }

  async isTrusting(): Promise<boolean> {
    return true;
  }

  async queryPathInfo(path: string): Promise<PathInfo | null> {
    return this.#local.queryPathInfo(path);
  }

  async queryValidPaths(paths: readonly string[]): Promise<string[]> {
    return paths.filter((path) => this.#local.isValidPath(path));
  }

  async queryAllValidPaths(): Promise<string[]> {
    return this.#local.allValidPaths();
  }

  async queryReferrers(path: string): Promise<string[]> {
    return this.#local.queryReferrers(path);
  }

  async queryValidDerivers(path: string): Promise<string[]> {
    return this.#local.queryValidDerivers(path);
  }

  async queryDerivationOutputs(drvPath: string): Promise<Map<string, string>> {
    this.#requireValid(drvPath);
    return this.#local.queryDerivationOutputs(drvPath);
  }

  async queryPathFromHashPart(hashPart: string): Promise<string | null> {
    return this.#local.queryPathFromHashPart(hashPart);
  }

  async querySubstitutablePaths(paths: readonly string[]): Promise<string[]> {
    const substituters = this.#substituters;
    if (substituters === null) return [];
    const { signal } = new AbortController();
    const offers = await Promise.all(paths.map((path) => substituters.lookUp(path, signal)));
    return paths.filter((_path, index) => offers[index] !== null);
  }

  async queryMissing(targets: readonly DerivedPath[]): Promise<MissingPaths> {
    const built = targets.filter((target) => target.type === "built").map(({ drvPath }) => drvPath);
    const unknown = built.filter((drvPath) => !this.#local.isValidPath(drvPath));
    const known = targets.filter((target) => target.type === "opaque" || !unknown.includes(target.drvPath));
    const options = { substituters: this.#substituters, paths: opaquePaths(known) };
    const missing = await planMissing(this.#local, buildTargets(known), options);
    return { ...missing, unknown: [...unknown, ...missing.unknown] };
  }

  #requireValid(path: string): PathInfo {
    const info = this.#local.queryPathInfo(path);
    if (info !== null) return info;
    throw new AppError("STORE_INVALID_PATH", `Path '${path}' is not valid`);
  }

  async *narFromPath(path: string): AsyncGenerator<Uint8Array, void, void> {
    this.#local.addTempRoot(path);
    this.#requireValid(path);
    yield* narOfTree(this.#local.physicalPath(path));
  }

  async addNar(info: NewPathInfo, nar: ByteStream, options: AddNarOptions = {}): Promise<void> {
    this.#local.addTempRoot(info.path);
    if (this.#local.isValidPath(info.path)) return;
    const isSelfProving = isContentAddressed(info, this.storeDir);
    if (options.checkSignatures !== false && !isSelfProving && !this.#trustedKeys.haveSigned(info)) {
      throw new AppError(
        "STORE_UNTRUSTED_PATH",
        `Cannot add path '${info.path}': it lacks a signature by a trusted key`,
        {
          hint: "Add the key to 'trusted-public-keys', or ask a trusted user to add the path",
        },
      );
    }
    const check = info.ca === undefined || info.ca === null ? null : new ContentCheck(parseContentAddress(info.ca));
    const bytes = isDerivationPath(info.path) ? await this.#checkedDerivation(info, nar) : nar;
    const added = this.#local.importNar(info);
    try {
      for await (const chunk of bytes) {
        added.write(chunk);
        check?.write(chunk);
      }
      check?.finish(info.path);
      added.commit();
    } finally {
      added.close();
    }
  }

  async #checkedDerivation(info: NewPathInfo, nar: ByteStream): Promise<ByteStream> {
    const bytes = await gather(nar);
    this.#derivations.check(storePathName(info.path, this.storeDir), textOfNar(bytes));
    return onePiece(bytes);
  }

  async addContents(name: string, bytes: ByteStream, options: ContentOptions): Promise<PathInfo> {
    const references = options.references ?? [];
    if (options.method === "text") {
      return this.#requireValid(await this.addText(name, byteStringOf(await gather(bytes)), references));
    }
    if (isDerivationPath(name)) {
      throw new AppError("STORE_BAD_DERIVATION", `Refusing '${name}': a derivation is added as a text`);
    }
    const { method, hashAlgorithm } = options;
    const added = this.#local.importContents(name, { method, hashAlgorithm, references });
    try {
      for await (const chunk of bytes) added.write(chunk);
      return this.#requireValid(added.commit());
    } finally {
      added.close();
    }
  }

  async addText(name: string, contents: string, references: readonly string[]): Promise<string> {
    if (isDerivationPath(name)) {
      const path = makeTextPath(name, contents, references, this.storeDir);
      this.#local.addTempRoot(path);
      // checked when it was added
      if (this.#local.isValidPath(path)) return path;
      this.#derivations.check(name, contents);
    }
    return this.#local.addText(name, contents, references);
  }

  async addSignatures(path: string, signatures: readonly string[]): Promise<void> {
    this.#local.addSignatures(path, signatures);
  }

  chooseCaches(choice: CacheChoice | null): void {
    this.#chosen?.close();
    this.#chosen = choice === null ? null : substitutersFor(choice.settings, this.root, choice.urls);
    this.#substituters = choice === null ? this.#own : this.#chosen;
  }

  realise(targets: readonly DerivedPath[], options: RealiseOptions = {}): RealiseRun {
    return this.#build(targets, options);
  }

  buildDerivation(drvPath: string, derivation: Derivation, options: RealiseOptions = {}): RealiseRun {
    const derivations = new Map([[drvPath, derivation]]);
    return this.#build([{ type: "built", drvPath, outputs: null }], { ...options, derivations });
  }

  #build(targets: readonly DerivedPath[], options: RealiseOptions): RealiseRun {
    const substituters = options.substituters === undefined ? this.#substituters : options.substituters;
    const run = buildPaths(this.#local, buildTargets(targets), {
      ...options,
      substituters,
      paths: opaquePaths(targets),
      ...(this.#shared === null ? {} : { shared: this.#shared }),
    });
    return new ObservedRun(targets, run, (path) => this.#local.isValidPath(path));
  }

  async readBuildLog(path: string): Promise<Uint8Array | null> {
    const drvPath = isDerivationPath(path) ? path : this.#local.queryPathInfo(path)?.deriver;
    return drvPath === null || drvPath === undefined ? null : await readBuildLog(this.root, drvPath);
  }

  async addBuildLog(drvPath: string, log: ByteStream): Promise<void> {
    const bytes = await gather(log);
    const path = buildLogPath(this.root, drvPath);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.tmp-${process.pid}`, bytes);
    renameSync(`${path}.tmp-${process.pid}`, path);
  }

  async addTempRoot(path: string): Promise<void> {
    this.#local.addTempRoot(path);
  }

  async addIndirectRoot(linkPath: string): Promise<void> {
    this.#local.registerIndirectRoot(linkPath);
  }

  async findRoots(): Promise<Map<string, string>> {
    return this.#local.findRoots();
  }

  async collectGarbage(options: CollectOptions = {}): Promise<GarbageResult> {
    return await runMaintenance(this.root, { type: "collect", options });
  }

  async optimise(): Promise<number> {
    return (await runMaintenance(this.root, { type: "optimise" })).freedBytes;
  }

  async verify(options: { readonly checkContents?: boolean; readonly repair?: boolean } = {}): Promise<string[]> {
    const checkContents = options.checkContents === true;
    const verify = (): Promise<string[]> => runMaintenance(this.root, { type: "verify", checkContents });
    const problems = await verify();
    if (options.repair !== true || problems.length === 0) return problems;
    await repairPaths(this.#local, this.#local.findDamaged({ checkContents }));
    return await verify();
  }

  async close(): Promise<void> {
    this.#local.close();
    this.#chosen?.close();
    this.#onClose();
  }
}

function opaquePaths(targets: readonly DerivedPath[]): string[] {
  return targets.filter((target) => target.type === "opaque").map(({ path }) => path);
}

function buildTargets(targets: readonly DerivedPath[]): BuildTarget[] {
  return targets
    .filter((target) => target.type === "built")
    .map(({ drvPath, outputs }) => (outputs === null ? { drvPath } : { drvPath, outputs }));
}

/** @throws AppError `STORE_TOO_LARGE` */
async function gather(bytes: ByteStream): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > MAX_HELD_BYTES) {
      throw new AppError("STORE_TOO_LARGE", `Refusing a text of more than ${MAX_HELD_BYTES / 1024 / 1024} MiB`);
    }
    parts.push(Buffer.from(chunk));
  }
  return Buffer.concat(parts);
}

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

/** Watches a run's events go by to tell afterwards how each target ended. */
class ObservedRun implements RealiseRun {
  readonly result: Promise<readonly RealisedTarget[]>;
  readonly #run: BuildRun;
  readonly #errors = new Map<string, RealiseError>();
  readonly #fetchErrors = new Map<string, RealiseError>();
  readonly #times = new Map<string, { startMs: number; stopMs: number }>();
  readonly #isValid: (path: string) => boolean;

  constructor(targets: readonly DerivedPath[], run: BuildRun, isValid: (path: string) => boolean) {
    this.#run = run;
    this.#isValid = isValid;
    this.result = run.result.then(({ targets: ended }) => {
      const built = [...ended];
      return targets.map((target) => this.#describe(target, target.type === "built" ? built.shift() : undefined));
    });
    this.result.catch(() => {});
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<BuildEvent, void, void> {
    for await (const event of this.#run) {
      this.#note(event);
      yield event;
    }
  }

  #note(event: BuildEvent): void {
    if (event.type === "started") this.#times.set(event.drvPath, { startMs: event.timeMs, stopMs: 0 });
    if (event.type === "substituted" && event.error !== undefined) this.#fetchErrors.set(event.path, event.error);
    if (event.type !== "finished") return;
    const times = this.#times.get(event.drvPath);
    if (times !== undefined) times.stopMs = times.startMs + event.durationMs;
    if (event.error !== undefined) this.#errors.set(event.drvPath, event.error);
  }

  #describe(target: DerivedPath, ended: Awaited<BuildRun["result"]>["targets"][number] | undefined): RealisedTarget {
    if (target.type === "opaque") return this.#describeOpaque(target);
    const outcome = ended?.outcome ?? "cancelled";
    const times = this.#times.get(target.drvPath);
    const isWell = outcome === "built" || outcome === "cached";
    return {
      target,
      outcome,
      outputs: ended?.outputs ?? {},
      error: isWell ? null : (this.#errors.get(target.drvPath) ?? this.#otherError(target.drvPath, outcome)),
      startTimeS: Math.floor((times?.startMs ?? 0) / 1000),
      stopTimeS: Math.floor((times?.stopMs ?? 0) / 1000),
    };
  }

  #otherError(drvPath: string, outcome: string): RealiseError {
    const code = "STORE_BUILD_FAILED";
    if (outcome === "cancelled") return { code, message: `Build of '${drvPath}' was cancelled` };
    const causes = [...this.#errors.values()].map(({ message }) => message);
    return { code, message: `A dependency of '${drvPath}' failed: ${causes.join("; ")}` };
  }

  #describeOpaque(target: DerivedPath & { readonly type: "opaque" }): RealisedTarget {
    const isValid = this.#isValid(target.path);
    const message = `Path '${target.path}' is not valid, and nothing says how to make it`;
    return {
      target,
      outcome: isValid ? "cached" : "failed",
      outputs: {},
      error: isValid ? null : (this.#fetchErrors.get(target.path) ?? { code: "STORE_INVALID_PATH", message }),
      startTimeS: 0,
      stopTimeS: 0,
    };
  }
}
