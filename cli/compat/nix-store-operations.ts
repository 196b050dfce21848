/** The operations of `nix-store`, one function each; the first that is asked for runs. */
import { createReadStream, writeSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { LocalStore } from "#store/api.ts";
import { isHashAlgorithm } from "#store/formats/hash.ts";
import { AppError } from "#store/std/app-error.ts";
import { buildOptions, wholeNumber } from "../build-flags.ts";
import { formatSize, say } from "../output/terminal.ts";
import { realise, realisePaths, storePathOf } from "../realise.ts";
import { linkResults } from "../result-links.ts";
import type { NixStoreFlags } from "./nix-store.ts";
import { type StoreQueryName, storeQueries } from "./store-queries.ts";

interface OperationRequest {
  readonly store: LocalStore;
  readonly given: NixStoreFlags;
  readonly operands: readonly string[];
  readonly signal: AbortSignal;
}

interface Operation {
  readonly isAsked: (given: NixStoreFlags) => boolean;
  readonly run: (request: OperationRequest) => Promise<number>;
}

export const nixStoreOperations: readonly Operation[] = [
  { isAsked: (given) => given.realise, run: realiseOperands },
  { isAsked: (given) => given.query, run: query },
  { isAsked: (given) => given.add || given.addFixed !== undefined, run: add },
  { isAsked: (given) => given.dump, run: dump },
  { isAsked: (given) => given.restore, run: restore },
  { isAsked: (given) => given.gc, run: collect },
  { isAsked: (given) => given.delete, run: deletePaths },
  { isAsked: (given) => given.verify, run: verify },
  { isAsked: (given) => given.readLog, run: readLog },
];

async function realiseOperands({ store, given, operands, signal }: OperationRequest): Promise<number> {
  const targets = await Promise.all(operands.map((operand) => targetOf(store, operand)));
  const results = await realise(
    store,
    targets.filter(({ drvPath }) => drvPath.endsWith(".drv")),
    { ...buildOptions(given), signal },
  );
  const valid = targets.filter(({ drvPath }) => !drvPath.endsWith(".drv")).map(({ drvPath }) => drvPath);
  await realisePaths(store, valid, { ...buildOptions(given), signal });
  const paths = [...results.flatMap(({ outputs }) => Object.values(outputs)), ...valid];
  const shown = given.addRoot === undefined ? paths : linkResults(store, paths, given.addRoot);
  for (const path of shown) print(path);
  return 0;
}

/** `x.drv`, `x.drv!out,dev`, or a path that is valid or may come from a cache. */
async function targetOf(store: LocalStore, operand: string): Promise<{ drvPath: string; outputs?: string[] }> {
  const [path = "", outputs] = operand.split("!");
  const storePath = await storePathOf(store, path);
  if (storePath.endsWith(".drv"))
    return outputs === undefined ? { drvPath: storePath } : { drvPath: storePath, outputs: outputs.split(",") };
  return { drvPath: storePath };
}

async function query({ store, given, operands }: OperationRequest): Promise<number> {
  const asked = Object.keys(storeQueries)
    .filter(isQueryName)
    .find((name) => given[name]);
  const name = asked ?? "outputs";
  const lines = new Set<string>();
  for (const operand of operands) {
    const path = await storePathOf(store, operand);
    const subjects =
      given.useOutput && path.endsWith(".drv") ? [...store.queryDerivationOutputs(path).values()] : [path];
    for (const subject of subjects) for (const line of storeQueries[name](store, subject)) lines.add(line);
  }
  for (const line of lines) print(line);
  return 0;
}

function isQueryName(name: string): name is StoreQueryName {
  return name in storeQueries;
}

async function add({ store, given, operands }: OperationRequest): Promise<number> {
  const algorithm = given.addFixed ?? "sha256";
  if (!isHashAlgorithm(algorithm))
    throw new AppError("CLI_USAGE", `Unknown hash algorithm '${algorithm}'`, {
      exitCode: 2,
      hint: "sha256, sha512, sha1 or md5",
    });
  for (const operand of operands) {
    const method = given.add || given.recursive ? "recursive" : "flat";
    print(store.addPath(basename(resolve(operand)), resolve(operand), { method, hashAlgorithm: algorithm }));
  }
  return 0;
}

async function dump({ store, operands }: OperationRequest): Promise<number> {
  const { writeNar } = await import("#store/formats/nar-writer.ts");
  for (const operand of operands) writeNar(physicalOf(store, operand), (chunk) => writeFully(1, chunk));
  return 0;
}

async function restore({ operands }: OperationRequest): Promise<number> {
  const [target] = operands;
  if (target === undefined) throw new AppError("CLI_USAGE", "Flag '--restore' needs the path to make", { exitCode: 2 });
  const { createNarRestorer } = await import("#store/formats/nar-restorer.ts");
  const restorer = createNarRestorer(resolve(target));
  for await (const chunk of createReadStream("", { fd: 0 })) restorer.write(chunk);
  restorer.end();
  return 0;
}

async function collect({ store, given }: OperationRequest): Promise<number> {
  if (given.printRoots) {
    for (const [link, target] of store.findRoots()) print(`${link} -> ${target}`);
    return 0;
  }
  const dryRun = given.printDead || given.printLive;
  const limit = given.maxFreed === undefined ? {} : { maxFreedBytes: wholeNumber("--max-freed", given.maxFreed) };
  const result = store.collectGarbage({ dryRun, ...limit });
  for (const path of given.printLive ? result.livePaths : given.printDead ? result.deletedPaths : []) print(path);
  if (!dryRun) say(`${result.deletedPaths.length} store paths deleted, ${formatSize(result.freedBytes)} freed`);
  return 0;
}

async function deletePaths({ store, operands }: OperationRequest): Promise<number> {
  const paths = await Promise.all(operands.map((operand) => storePathOf(store, operand)));
  const result = store.collectGarbage({ paths });
  say(`${result.deletedPaths.length} store paths deleted, ${formatSize(result.freedBytes)} freed`);
  return 0;
}

async function verify({ store, given }: OperationRequest): Promise<number> {
  const problems = store.verify({ checkContents: given.checkContents });
  for (const problem of problems) say(problem);
  if (problems.length === 0) return 0;
  throw new AppError("STORE_CORRUPT", `The store has ${problems.length} problems`);
}

async function readLog({ store, operands }: OperationRequest): Promise<number> {
  for (const operand of operands) process.stdout.write(await logOf(store, operand));
  return 0;
}

async function logOf(store: LocalStore, operand: string): Promise<Buffer> {
  const { readBuildLog } = await import("#store/api.ts");
  const path = await storePathOf(store, operand);
  const drvPath = path.endsWith(".drv") ? path : (store.queryPathInfo(path)?.deriver ?? path);
  const log = await readBuildLog(store.root, drvPath);
  if (log !== null) return log;
  throw new AppError("STORE_NO_LOG", `There is no build log of '${path}'`, {
    hint: "only what was built here has one",
  });
}

function physicalOf(store: LocalStore, operand: string): string {
  return store.physicalPath(resolve(operand));
}

function writeFully(fd: number, chunk: Uint8Array): void {
  for (let offset = 0; offset < chunk.length; ) {
    try {
      offset += writeSync(fd, chunk, offset);
    } catch (error) {
      // A pipe whose reader is slow; the kernel's buffer is full for a moment.
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    }
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
