/** The operations of `nix-store` on a store behind a daemon. */
import { readlinkSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { Store } from "#store/api.ts";
import { toStorePath } from "#store/formats/store-path.ts";
import { AppError } from "#store/std/app-error.ts";
import { ignoreCode } from "#store/std/system-error.ts";
import { buildOptions, wholeNumber } from "../build-flags.ts";
import { linkDaemonResults } from "../daemon-client.ts";
import { say } from "../output/terminal.ts";
import { followBuild } from "../realise.ts";
import type { NixStoreFlags } from "./nix-store.ts";
import { describeFreed, hashAlgorithmOf, queryOf, type StoreQueryName } from "./nix-store-request.ts";

interface Request {
  readonly daemon: Store;
  readonly given: NixStoreFlags;
  readonly operands: readonly string[];
  readonly signal: AbortSignal;
}

export async function runOnDaemon(request: Request): Promise<number> {
  const { given } = request;
  if (given.realise) return await realisePaths(request);
  if (given.query) return await query(request);
  if (given.add || given.addFixed) return await add(request);
  if (given.dump) return await dump(request);
  if (given.gc || given.delete) return await collect(request);
  if (given.verify) return await verify(request);
  if (given.readLog) return await readLog(request);
  throw notBehindDaemon("This operation");
}

function notBehindDaemon(what: string): AppError {
  return new AppError("CLI_USAGE", `${what} is not there for a store behind a daemon`, {
    exitCode: 2,
    hint: "give the store's folder with --store, if it is yours",
  });
}

/** A flag that changes what is done must not be passed over. */
function refuse(
  given: NixStoreFlags,
  ...flags: readonly ("repair" | "check" | "ignoreLiveness" | "dryRun" | "includeOutputs")[]
): void {
  const found = flags.find((flag) => given[flag]);
  if (found !== undefined)
    throw notBehindDaemon(`'--${found.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}'`);
}

/** A path, a path inside of one, or a link to one. */
function pathOf(operand: string): string {
  const absolute = resolve(operand);
  const path = toStorePath(absolute) ?? toStorePath(ignoreCode("EINVAL", () => linkTarget(absolute)) ?? "");
  if (path !== null) return path;
  throw new AppError("CLI_NOT_A_STORE_PATH", `'${operand}' is not in the store`);
}

function linkTarget(path: string): string | undefined {
  return ignoreCode("ENOENT", () => readlinkSync(path));
}

async function realisePaths({ daemon, given, operands, signal }: Request): Promise<number> {
  refuse(given, "repair", "check", "dryRun");
  const targets = operands.map((operand) => {
    const [text = "", outputs] = operand.split("!");
    const path = pathOf(text);
    if (!path.endsWith(".drv")) return { type: "opaque", path } as const;
    return { type: "built", drvPath: path, outputs: outputs?.split(",") ?? null } as const;
  });
  const { printLogs, ...options } = buildOptions(given);
  const results = await followBuild(daemon.realise(targets, { ...options, signal }), {
    printLogs: printLogs === true,
    signal,
  });
  const paths = results.flatMap(({ target, outputs }) =>
    target.type === "opaque" ? [target.path] : Object.values(outputs),
  );
  const shown = given.addRoot === undefined ? paths : await linkDaemonResults(daemon, paths, given.addRoot);
  for (const path of shown) print(path);
  return 0;
}

async function query({ daemon, given, operands }: Request): Promise<number> {
  refuse(given, "includeOutputs");
  const asked = queryOf(given);
  const answer = answers[asked];
  if (answer === undefined) throw notBehindDaemon(`The query '--${asked}'`);
  const lines = new Set<string>();
  for (const operand of operands) {
    const path = pathOf(operand);
    const outputs = async (): Promise<string[]> => [...(await daemon.queryDerivationOutputs(path)).values()];
    const subjects = given.useOutput && path.endsWith(".drv") ? await outputs() : [path];
    for (const subject of subjects) for (const line of await answer(daemon, subject)) lines.add(line);
  }
  for (const line of lines) print(line);
  return 0;
}

type Answer = (daemon: Store, path: string) => Promise<readonly string[]>;

const answers: Partial<Record<StoreQueryName, Answer>> = {
  outputs: async (daemon, path) => [...(await daemon.queryDerivationOutputs(path)).values()],
  references: async (daemon, path) => (await infoOf(daemon, path)).references,
  referrers: (daemon, path) => daemon.queryReferrers(path),
  requisites: (daemon, path) => closureOf(path, async (next) => (await infoOf(daemon, next)).references),
  referrersClosure: (daemon, path) => closureOf(path, (next) => daemon.queryReferrers(next)),
  deriver: async (daemon, path) => [(await infoOf(daemon, path)).deriver ?? "unknown-deriver"],
  validDerivers: (daemon, path) => daemon.queryValidDerivers(path),
  hash: async (daemon, path) => [(await infoOf(daemon, path)).narHash],
  size: async (daemon, path) => [String((await infoOf(daemon, path)).narSizeBytes)],
  resolve: async (_daemon, path) => [path],
};

async function infoOf(daemon: Store, path: string): Promise<NonNullable<Awaited<ReturnType<Store["queryPathInfo"]>>>> {
  const info = await daemon.queryPathInfo(path);
  if (info !== null) return info;
  throw new AppError("STORE_INVALID_PATH", `Path '${path}' is not valid`);
}

async function closureOf(path: string, next: (path: string) => Promise<readonly string[]>): Promise<string[]> {
  const seen = new Set([path]);
  for (const current of seen) for (const found of await next(current)) seen.add(found);
  return [...seen].toSorted();
}

async function add({ daemon, given, operands }: Request): Promise<number> {
  const { narOfTree } = await import("#store/api.ts");
  const { createReadStream } = await import("node:fs");
  const [algorithm = "", ...files] = given.addFixed ? operands : ["sha256", ...operands];
  const hashAlgorithm = hashAlgorithmOf(algorithm);
  for (const operand of files) {
    const source = resolve(operand);
    const method = given.addFixed && !given.recursive ? "flat" : "recursive";
    const bytes = method === "flat" ? createReadStream(source) : narOfTree(source);
    print((await daemon.addContents(basename(source), bytes, { method, hashAlgorithm })).path);
  }
  return 0;
}

async function dump({ daemon, operands }: Request): Promise<number> {
  for (const operand of operands) {
    for await (const chunk of daemon.narFromPath(pathOf(operand))) {
      if (!process.stdout.write(chunk)) await new Promise((done) => process.stdout.once("drain", done));
    }
  }
  return 0;
}

async function collect({ daemon, given, operands }: Request): Promise<number> {
  refuse(given, "ignoreLiveness");
  if (given.printRoots) {
    for (const [link, target] of await daemon.findRoots()) print(`${link} -> ${target}`);
    return 0;
  }
  const dryRun = given.printDead || given.printLive;
  const limit = given.maxFreed === undefined ? {} : { maxFreedBytes: wholeNumber("--max-freed", given.maxFreed) };
  const paths = given.delete ? { paths: operands.map(pathOf) } : {};
  const result = await daemon.collectGarbage({ dryRun, ...limit, ...paths });
  for (const path of given.printLive ? result.livePaths : given.printDead ? result.deletedPaths : []) print(path);
  if (!dryRun) print(describeFreed(result));
  return 0;
}

async function verify({ daemon, given }: Request): Promise<number> {
  refuse(given, "repair");
  const problems = await daemon.verify({ checkContents: given.checkContents });
  for (const problem of problems) say(problem);
  if (problems.length === 0) return 0;
  throw new AppError("STORE_CORRUPT", `The store has ${problems.length} problems`);
}

async function readLog({ daemon, operands }: Request): Promise<number> {
  for (const operand of operands) {
    const log = await daemon.readBuildLog(pathOf(operand));
    if (log === null) throw new AppError("STORE_NO_LOG", `There is no build log of '${operand}'`);
    process.stdout.write(log);
  }
  return 0;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
