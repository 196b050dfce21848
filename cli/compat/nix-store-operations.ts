/** The operations of `nix-store`, one function each; the first that is asked for runs. */
import { createReadStream } from "node:fs";
import { basename, resolve } from "node:path";
import type { BuildOptions, GarbageResult, LocalStore } from "#store/api.ts";
import { isDerivationPath } from "#store/formats/store-path.ts";
import { AppError } from "#store/std/app-error.ts";
import { buildOptions, wholeNumber } from "../build-flags.ts";
import { say } from "../output/terminal.ts";
import { realise, realisePaths, storePathOf } from "../realise.ts";
import type { NixStoreFlags } from "./nix-store.ts";
import {
  checkValidity,
  dumpDatabase,
  generateKey,
  initialise,
  loadDatabase,
  printEnvironment,
  printFixedPath,
  registerValidity,
  verifyPaths,
} from "./nix-store-database.ts";
import {
  describeFreed,
  hashAlgorithmOf,
  type OperationRequest,
  printText,
  queryOf,
  writeFully,
} from "./nix-store-request.ts";
import { inOrder, outputsOf, storeQueries } from "./store-queries.ts";

interface Operation {
  readonly isAsked: (given: NixStoreFlags) => boolean;
  readonly run: (request: OperationRequest) => Promise<number>;
}

export const nixStoreOperations: readonly Operation[] = [
  { isAsked: (given) => given.realise, run: realiseOperands },
  { isAsked: (given) => given.query, run: query },
  { isAsked: (given) => given.add || given.addFixed, run: add },
  { isAsked: (given) => given.dump, run: dump },
  { isAsked: (given) => given.restore, run: restore },
  { isAsked: (given) => given.gc, run: collect },
  { isAsked: (given) => given.delete, run: deletePaths },
  { isAsked: (given) => given.verify, run: verify },
  { isAsked: (given) => given.optimise, run: optimise },
  { isAsked: (given) => given.repairPath, run: repairOperands },
  { isAsked: (given) => given.verifyPath, run: verifyPaths },
  { isAsked: (given) => given.readLog, run: readLog },
  { isAsked: (given) => given.export, run: exportOperands },
  { isAsked: (given) => given.import, run: importInput },
  { isAsked: (given) => given.dumpDb, run: dumpDatabase },
  { isAsked: (given) => given.loadDb, run: loadDatabase },
  { isAsked: (given) => given.registerValidity, run: registerValidity },
  { isAsked: (given) => given.checkValidity, run: checkValidity },
  { isAsked: (given) => given.printEnv, run: printEnvironment },
  { isAsked: (given) => given.printFixedPath, run: printFixedPath },
  { isAsked: (given) => given.generateBinaryCacheKey, run: generateKey },
  { isAsked: (given) => given.init, run: initialise },
];

async function realiseOperands({ store, given, operands, signal }: OperationRequest): Promise<number> {
  const targets: RealiseTarget[] = [];
  for (const operand of operands) targets.push(await targetOf(store, operand));
  const built = targets
    .filter(({ path }) => isDerivationPath(path))
    .map(({ path, ...rest }) => ({ drvPath: path, ...rest }));
  const paths = targets.map(({ path }) => path).filter((path) => !isDerivationPath(path));
  const mode = given.check ? "check" : given.repair ? "repair" : "normal";
  const options = { ...buildOptions(given), signal, mode } as const;
  if (given.dryRun) {
    const { showMissing } = await import("../output/missing-paths.ts");
    await showMissing(store, built, { ...options, paths });
    return 0;
  }
  await realise(store, built, options);
  if (given.ignoreUnknown) {
    await realise(store, [], { ...options, paths });
    return 0;
  }
  await realisePaths(store, paths, options);
  for (const [index, target] of targets.entries())
    printLines(linkedOutputs(store, target, { link: given.addRoot, index }));
  return 0;
}

interface RealiseTarget {
  readonly path: string;
  readonly outputs?: readonly string[];
}

/** `x.drv`, `x.drv!out,dev`, or a path that is valid or may come from a cache. */
async function targetOf(store: LocalStore, operand: string): Promise<RealiseTarget> {
  const [text = "", outputs] = operand.split("!");
  const path = await storePathOf(store, text);
  return !isDerivationPath(path) || outputs === undefined ? { path } : { path, outputs: outputs.split(",") };
}

/** What a target came to: paths, or links to them, named as Nix does (`result`, `result-dev`, `result-2`); sorted. */
function linkedOutputs(
  store: LocalStore,
  { path, outputs }: RealiseTarget,
  { link, index }: { readonly link: string | undefined; readonly index: number },
): string[] {
  const made = isDerivationPath(path)
    ? [...store.readDerivation(path).outputs]
        .filter(([name]) => outputs === undefined || outputs.includes(name))
        .map(([name, output]) => ({ path: output.path, suffix: name === "out" ? "" : `-${name}` }))
    : [{ path, suffix: "" }];
  const number = index === 0 ? "" : `-${index + 1}`;
  const shown = made.map((one) =>
    link === undefined ? one.path : store.addIndirectRoot(resolve(`${link}${number}${one.suffix}`), one.path),
  );
  return shown.toSorted();
}

async function query({ store, given, operands }: OperationRequest): Promise<number> {
  const asked = queryOf(given);
  const paths: string[] = [];
  for (const operand of operands) paths.push(await storePathOf(store, operand));
  const subjects = given.useOutput ? paths.flatMap((path) => outputsOf(store, path)) : paths;
  const request = { store, paths, subjects, includeOutputs: given.includeOutputs, binding: given.binding ?? "" };
  printLines(storeQueries[asked](request));
  return 0;
}

async function add({ store, given, operands }: OperationRequest): Promise<number> {
  // As Nix has it, the algorithm may stand behind '--recursive', hence among the operands.
  const [algorithm = "", ...files] = given.addFixed ? operands : ["sha256", ...operands];
  const hashAlgorithm = hashAlgorithmOf(algorithm);
  const method = given.addFixed && !given.recursive ? "flat" : "recursive";
  for (const file of files) print(store.addPath(basename(resolve(file)), resolve(file), { method, hashAlgorithm }));
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
    printLines([...store.findRoots()].map(([link, target]) => `${link} -> ${target}`).toSorted());
    return 0;
  }
  const dryRun = given.printDead || given.printLive;
  const limit = given.maxFreed === undefined ? {} : { maxFreedBytes: wholeNumber("--max-freed", given.maxFreed) };
  const result = store.collectGarbage({ dryRun, ...limit });
  if (dryRun) printLines((given.printLive ? result.livePaths : result.deletedPaths).toSorted());
  else print(describeFreed(result));
  return 0;
}

async function deletePaths({ store, given, operands }: OperationRequest): Promise<number> {
  const paths: string[] = [];
  for (const operand of operands) paths.push(await storePathOf(store, operand));
  let result: GarbageResult = { deletedPaths: [], livePaths: [], freedBytes: 0 };
  try {
    result = store.collectGarbage({ paths, ignoreLiveness: given.ignoreLiveness });
  } finally {
    // Nix says so also when it refused.
    print(describeFreed(result));
  }
  return 0;
}

async function optimise({ store }: OperationRequest): Promise<number> {
  const { filesLinked, freedBytes } = store.optimise();
  say(`${(freedBytes / 1024 / 1024).toFixed(2)} MiB freed by hard-linking ${filesLinked} files`);
  return 0;
}

async function exportOperands({ store, operands }: OperationRequest): Promise<number> {
  const paths: string[] = [];
  for (const operand of operands) paths.push(await storePathOf(store, operand));
  const { exportPaths } = await import("#store/api.ts");
  await exportPaths(store, inOrder(store, paths), (chunk) => writeFully(1, chunk));
  return 0;
}

async function importInput({ store }: OperationRequest): Promise<number> {
  const { importPaths } = await import("#store/api.ts");
  printLines(await importPaths(store, createReadStream("", { fd: 0 })));
  return 0;
}

async function verify({ store, given, signal }: OperationRequest): Promise<number> {
  const { checkContents } = given;
  if (given.repair) await repair(store, store.findDamaged({ checkContents }), { ...buildOptions(given), signal });
  const problems = store.verify({ checkContents });
  for (const problem of problems) say(problem);
  if (problems.length === 0) return 0;
  throw new AppError("STORE_CORRUPT", `The store has ${problems.length} problems`);
}

async function repairOperands({ store, given, operands, signal }: OperationRequest): Promise<number> {
  const paths: string[] = [];
  for (const operand of operands) paths.push(await storePathOf(store, operand));
  const damaged = store.findDamaged({ paths, checkContents: true });
  const isWell = await repair(store, damaged, { ...buildOptions(given), signal });
  return isWell ? 0 : 1;
}

async function repair(store: LocalStore, damaged: readonly string[], options: BuildOptions): Promise<boolean> {
  if (damaged.length === 0) return true;
  const { repairPaths } = await import("#store/api.ts");
  const { repaired, failed } = await repairPaths(store, damaged, options);
  for (const path of repaired) say(`repaired '${path}'`);
  for (const [path, why] of failed) say(`cannot repair '${path}': ${why}`);
  return failed.size === 0;
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

function print(line: string): void {
  printText(`${line}\n`);
}

/** In large pieces: a closure has many. */
function printLines(lines: Iterable<string>): void {
  const all = [...lines];
  if (all.length > 0) printText(`${all.join("\n")}\n`);
}
