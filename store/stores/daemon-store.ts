/** The store behind a daemon, ours or Nix's: the worker protocol from the client's side. */
import { readBuildLog } from "../build/build-log.ts";
import type { ClientConnection, DaemonRequest } from "../daemon/client-connection.ts";
import { BUILD_MODES, GC_ACTION, SINCE } from "../daemon/protocol.ts";
import {
  formatDerivedPath,
  parseDerivedPath,
  readBuildResult,
  readPathInfo,
  writeBasicDerivation,
  writePathInfo,
} from "../daemon/values.ts";
import type { WireReader, WireWriter } from "../daemon/wire.ts";
import type { Derivation } from "../formats/derivation-type.ts";
import { DEFAULT_STORE_DIR, isDerivationPath } from "../formats/store-path.ts";
import type { GarbageResult, NewPathInfo, PathInfo } from "../local/store-interface.ts";
import { AppError } from "../std/app-error.ts";
import { bytesOf } from "../std/byte-string.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { runDaemonBuild } from "./daemon-builds.ts";
import type {
  AddNarOptions,
  ByteStream,
  CollectOptions,
  ContentOptions,
  DerivedPath,
  MissingPaths,
  RealisedTarget,
  RealiseOptions,
  RealiseRun,
  Store,
} from "./store.ts";

const NO_LIMIT = 2n ** 64n - 1n;

/** @throws AppError `STORE_NO_DAEMON`, `DAEMON_REFUSED` */
export async function openDaemonStore(address: { readonly socketPath: string; readonly root: string }): Promise<Store> {
  const pool = new ConnectionPool(address.socketPath);
  // so that a daemon that is not there is told now
  await pool.use(async () => {});
  return new DaemonStore(pool, address);
}

class DaemonStore implements Store {
  readonly uri: string;
  readonly storeDir: string = DEFAULT_STORE_DIR;
  readonly root: string;
  readonly #pool: ConnectionPool;
  /** Temporary roots belong to a connection, which takes them one after the other. */
  #rootKeeper: Promise<ClientConnection> | null = null;

  constructor(pool: ConnectionPool, { socketPath, root }: { readonly socketPath: string; readonly root: string }) {
    this.#pool = pool;
    this.root = root;
    this.uri = `unix://${socketPath}${root === "/" ? "" : `?root=${root}`}`;
  }

  async #ask<T = void>(request: DaemonRequest<T>): Promise<T> {
    return await this.#pool.use((connection) => connection.request(request));
  }

  #askPaths(operation: DaemonRequest<string[]>["operation"], path: string): Promise<string[]> {
    return this.#ask({ operation, write: (writer) => writer.string(path), read: (reader) => reader.strings() });
  }

  async isTrusting(): Promise<boolean | null> {
    return await this.#pool.use(async (connection) => connection.isTrusted);
  }

  async queryPathInfo(path: string): Promise<PathInfo | null> {
    return await this.#ask({
      operation: "queryPathInfo",
      write: (writer) => writer.string(path),
      read: async (reader) => ((await reader.boolean()) ? await readPathInfo(reader, path, this.storeDir) : null),
    });
  }

  async queryValidPaths(paths: readonly string[]): Promise<string[]> {
    const valid = new Set(
      await this.#ask({
        operation: "queryValidPaths",
        write: (writer) => writer.strings(paths).boolean(false),
        read: (reader) => reader.strings(),
      }),
    );
    return paths.filter((path) => valid.has(path));
  }

  async queryAllValidPaths(): Promise<string[]> {
    return await this.#ask({ operation: "queryAllValidPaths", read: (reader) => reader.strings() });
  }

  queryReferrers(path: string): Promise<string[]> {
    return this.#askPaths("queryReferrers", path);
  }

  queryValidDerivers(path: string): Promise<string[]> {
    return this.#askPaths("queryValidDerivers", path);
  }

  async queryDerivationOutputs(drvPath: string): Promise<Map<string, string>> {
    const entries = await this.#ask({
      operation: "queryDerivationOutputMap",
      write: (writer) => writer.string(drvPath),
      read: (reader) => reader.list(async () => [await reader.string(), await reader.string()] as const),
    });
    return new Map(entries.filter(([, path]) => path !== ""));
  }

  async queryPathFromHashPart(hashPart: string): Promise<string | null> {
    const path = await this.#ask({
      operation: "queryPathFromHashPart",
      write: (writer) => writer.string(hashPart),
      read: (reader) => reader.string(),
    });
    return path === "" ? null : path;
  }

  async querySubstitutablePaths(paths: readonly string[]): Promise<string[]> {
    return await this.#ask({
      operation: "querySubstitutablePaths",
      write: (writer) => writer.strings(paths),
      read: (reader) => reader.strings(),
    });
  }

  async queryMissing(targets: readonly DerivedPath[]): Promise<MissingPaths> {
    return await this.#ask({
      operation: "queryMissing",
      write: (writer) => writer.strings(targets.map(formatDerivedPath)),
      read: async (reader) => ({
        willBuild: await reader.strings(),
        willSubstitute: await reader.strings(),
        unknown: await reader.strings(),
        downloadSizeBytes: await reader.number(),
        narSizeBytes: await reader.number(),
      }),
    });
  }

  async *narFromPath(path: string): AsyncGenerator<Uint8Array, void, void> {
    const info = await this.queryPathInfo(path);
    if (info === null) throw new AppError("STORE_INVALID_PATH", `Path '${path}' is not valid`);
    const connection = await this.#pool.take();
    try {
      await connection.request({ operation: "narFromPath", write: (writer) => writer.string(path) });
      yield* connection.bareBytes(info.narSizeBytes);
    } finally {
      this.#pool.give(connection);
    }
  }

  async addNar(info: NewPathInfo, nar: ByteStream, options: AddNarOptions = {}): Promise<void> {
    if ((await this.queryValidPaths([info.path])).length > 0) return;
    await this.#ask({
      operation: "addToStoreNar",
      write: (writer) => {
        writer.string(info.path);
        writePathInfo(writer, completeInfo(info));
        writer.boolean(false).boolean(options.checkSignatures === false);
      },
      body: nar,
    });
  }

  async addContents(name: string, bytes: ByteStream, options: ContentOptions): Promise<PathInfo> {
    return await this.#ask({
      operation: "addToStore",
      write: (writer) =>
        writer
          .string(name)
          .string(methodText(options))
          .strings(options.references ?? [])
          .boolean(false),
      body: bytes,
      read: async (reader) => await readPathInfo(reader, await reader.string(), this.storeDir),
    });
  }

  async addText(name: string, contents: string, references: readonly string[]): Promise<string> {
    const options = { method: "text", hashAlgorithm: "sha256", references: [...references].sort() } as const;
    return (await this.addContents(name, onePiece(bytesOf(contents)), options)).path;
  }

  async addSignatures(path: string, signatures: readonly string[]): Promise<void> {
    await this.#ask({
      operation: "addSignatures",
      write: (writer) => writer.string(path).strings(signatures),
      read: readNothing,
    });
  }

  realise(targets: readonly DerivedPath[], options: RealiseOptions = {}): RealiseRun {
    return runDaemonBuild(this.#pool, { ...options, targets }, async (connection, onMessage) => {
      const write = (writer: WireWriter): void => {
        writer.strings(targets.map(formatDerivedPath)).number(BUILD_MODES.indexOf(options.mode ?? "normal"));
      };
      if (connection.version < SINCE.buildPathsWithResults) {
        await connection.request({ operation: "buildPaths", write, read: readNothing, onMessage });
        return await Promise.all(targets.map((target) => this.#describeBuilt(target)));
      }
      const context = { version: connection.version, storeDir: this.storeDir };
      const read = async (reader: WireReader): Promise<Map<string, RealisedTarget>> => {
        const entries = await reader.list(async () => {
          const text = await reader.string();
          const target = parseDerivedPath(text, this.storeDir);
          return [text, await readBuildResult(reader, target, context)] as const;
        });
        return new Map(entries);
      };
      const results = await connection.request({ operation: "buildPathsWithResults", write, read, onMessage });
      return await Promise.all(targets.map((target) => this.#resultOf(target, results)));
    });
  }

  /** Nix's answer is in an order of its own. */
  async #resultOf(target: DerivedPath, results: ReadonlyMap<string, RealisedTarget>): Promise<RealisedTarget> {
    const text = formatDerivedPath(target);
    const result = results.get(text);
    if (result === undefined) throw new AppError("DAEMON_PROTOCOL", `The daemon says nothing of '${text}'`);
    return await this.#withOutputs({ ...result, target });
  }

  /** An old daemon only says that all is well. */
  async #describeBuilt(target: DerivedPath): Promise<RealisedTarget> {
    return await this.#withOutputs({ target, outcome: "built", outputs: {}, error: null, startTimeS: 0, stopTimeS: 0 });
  }

  /** Some daemons leave the outputs out. */
  async #withOutputs(result: RealisedTarget): Promise<RealisedTarget> {
    const { target, outcome, outputs } = result;
    const isWell = outcome === "built" || outcome === "cached";
    if (target.type === "opaque" || !isWell || Object.keys(outputs).length > 0) return result;
    const all = await this.queryDerivationOutputs(target.drvPath);
    const wanted = [...all].filter(([name]) => target.outputs?.includes(name) ?? true);
    return { ...result, outputs: Object.fromEntries(wanted) };
  }

  buildDerivation(drvPath: string, derivation: Derivation, options: RealiseOptions = {}): RealiseRun {
    const target = { type: "built", drvPath, outputs: null } as const;
    return runDaemonBuild(this.#pool, { ...options, targets: [target] }, async (connection, onMessage) => {
      const result = await connection.request({
        operation: "buildDerivation",
        write: (writer) => {
          writer.string(drvPath);
          writeBasicDerivation(writer, derivation);
          writer.number(BUILD_MODES.indexOf(options.mode ?? "normal"));
        },
        read: (reader) => readBuildResult(reader, target, { version: connection.version, storeDir: this.storeDir }),
        onMessage,
      });
      return [result];
    });
  }

  /** Logs are files, which every user may read. */
  async readBuildLog(path: string): Promise<Uint8Array | null> {
    const drvPath = isDerivationPath(path) ? path : (await this.queryPathInfo(path))?.deriver;
    return drvPath === undefined || drvPath === null ? null : await readBuildLog(this.root, drvPath);
  }

  async addBuildLog(drvPath: string, log: ByteStream): Promise<void> {
    await this.#ask({
      operation: "addBuildLog",
      write: (writer) => writer.string(drvPath),
      body: log,
      read: readNothing,
    });
  }

  async addTempRoot(path: string): Promise<void> {
    const free = this.#rootKeeper ?? this.#pool.take();
    this.#rootKeeper = free.then(async (keeper) => {
      await keeper.request({ operation: "addTempRoot", write: (writer) => writer.string(path), read: readNothing });
      return keeper;
    });
    await this.#rootKeeper;
  }

  async addIndirectRoot(linkPath: string): Promise<void> {
    await this.#ask({ operation: "addIndirectRoot", write: (writer) => writer.string(linkPath), read: readNothing });
  }

  async findRoots(): Promise<Map<string, string>> {
    const roots = await this.#ask({
      operation: "findRoots",
      read: (reader) => reader.list(async () => [await reader.string(), await reader.string()] as const),
    });
    return new Map(roots);
  }

  async collectGarbage(options: CollectOptions = {}): Promise<GarbageResult> {
    const ask = (action: number): Promise<{ paths: string[]; freedBytes: number }> =>
      this.#ask({
        operation: "collectGarbage",
        write: (writer) => {
          writer
            .number(action)
            .strings(options.paths ?? [])
            .boolean(false);
          writer
            .number(options.maxFreedBytes ?? NO_LIMIT)
            .number(0)
            .number(0)
            .number(0);
        },
        read: async (reader) => {
          const paths = await reader.strings();
          const freedBytes = await reader.number();
          await reader.number(); // no longer used
          return { paths, freedBytes };
        },
      });
    if (options.dryRun === true) {
      const { paths: deletedPaths, freedBytes } = await ask(GC_ACTION.returnDead);
      return { deletedPaths, freedBytes, livePaths: (await ask(GC_ACTION.returnLive)).paths };
    }
    const { paths, freedBytes } = await ask(
      options.paths === undefined ? GC_ACTION.deleteDead : GC_ACTION.deleteSpecific,
    );
    return { deletedPaths: paths, freedBytes, livePaths: [] };
  }

  async optimise(): Promise<number> {
    await this.#ask({ operation: "optimiseStore", read: readNothing });
    return 0;
  }

  async verify(options: { readonly checkContents?: boolean; readonly repair?: boolean } = {}): Promise<string[]> {
    const lines: string[] = [];
    const hasProblems = await this.#ask({
      operation: "verifyStore",
      write: (writer) => writer.boolean(options.checkContents === true).boolean(options.repair === true),
      read: (reader) => reader.boolean(),
      onMessage: (message) => {
        if (message.type === "line") lines.push(message.text.replace(/^error: /, ""));
      },
    });
    if (!hasProblems) return [];
    return lines.length > 0 ? lines : ["The daemon found problems and did not say which"];
  }

  async close(): Promise<void> {
    this.#pool.close();
  }
}

async function readNothing(reader: WireReader): Promise<void> {
  await reader.number();
}

function completeInfo(info: NewPathInfo): PathInfo {
  const { deriver = null, ca = null, signatures = [], ultimate = false } = info;
  return { ...info, deriver, ca, signatures, ultimate, registrationTimeS: 0 };
}

function methodText({ method, hashAlgorithm }: ContentOptions): string {
  const prefix = { text: "text:", flat: "fixed:", recursive: "fixed:r:" }[method];
  return prefix + hashAlgorithm;
}

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}
