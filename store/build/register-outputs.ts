/**
 * From what a builder left behind to valid store paths: canonical form, references, hash, promises checked, moved into
 * the store, registered together. Nothing is moved before every output passed every check.
 */
import { chmodSync, closeSync, lstatSync, lutimesSync, openSync, readSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { fixedOutputOf } from "../formats/derivation-hash.ts";
import { equalHashes, formatHash, type Hash, type HashAlgorithm, StreamHasher } from "../formats/hash.ts";
import { hashTree, writeNar } from "../formats/nar-writer.ts";
import { CANONICAL_TIME_S, canonicalizeTree } from "../local/canonical.ts";
import { deleteTree, makeMovable } from "../local/delete-tree.ts";
import { hashAndScanTree } from "../local/reference-scan.ts";
import type { LocalStore, NewPathInfo } from "../local/store-interface.ts";
import { AppError } from "../std/app-error.ts";
import { fsPath, toByteString } from "../std/byte-string.ts";
import type { BuildWork } from "./build-work.ts";
import { checkOutputs } from "./output-checks.ts";

const READ_BYTES = 1024 * 1024;

interface BuiltOutput {
  /** Where it is now: byte string. */
  readonly physicalPath: string;
  readonly info: NewPathInfo;
}

/** @throws AppError when an output is missing, is no file, folder or symlink, or breaks a promise of the derivation */
export function registerOutputs(work: BuildWork): void {
  const { store } = work.context;
  const outputs = [...work.goal.derivation.outputs.values()].map(({ path }) => examineOutput(path, work));
  checkOutputs(
    work.goal.derivation,
    outputs.map(({ info }) => info),
    store,
  );
  if (work.goal.mode === "check") {
    checkSame(outputs, work);
    return;
  }
  const isRepair = work.goal.mode === "repair";
  const fresh = outputs.filter(
    ({ info }) => !store.isValidPath(info.path) || (isRepair && isDamaged(info.path, store)),
  );
  for (const output of fresh) moveIntoStore(output, store);
  store.registerPaths(fresh.map(({ info }) => info));
}

/** Builds that differ say so; what is in the store stays. */
function checkSame(outputs: readonly BuiltOutput[], { context, goal }: BuildWork): void {
  const differing = outputs.filter(({ info }) => context.store.queryPathInfo(info.path)?.narHash !== info.narHash);
  const [first] = differing;
  if (first === undefined) return;
  const { path, narHash } = first.info;
  throw new AppError(
    "STORE_NOT_DETERMINISTIC",
    `Derivation '${goal.drvPath}' may not be deterministic: output '${path}' differs`,
    { details: `in the store: ${context.store.queryPathInfo(path)?.narHash}\n  built again: ${narHash}` },
  );
}

/** Whether a valid path is gone from disk or holds something else than was registered. */
function isDamaged(path: string, store: LocalStore): boolean {
  const physicalPath = toByteString(store.physicalPath(path));
  if (lstatSync(fsPath(physicalPath), { throwIfNoEntry: false }) === undefined) return true;
  return hashTree(physicalPath).narHash !== store.queryPathInfo(path)?.narHash;
}

function examineOutput(path: string, work: BuildWork): BuiltOutput {
  const { goal, inputs, folder } = work;
  const physicalPath = toByteString(join(folder, "store", basename(path)));
  if (lstatSync(fsPath(physicalPath), { throwIfNoEntry: false }) === undefined) {
    throw new AppError("STORE_OUTPUT_MISSING", `Builder of '${goal.name}' did not make its output '${path}'`, {
      details: work.log.tail.join("\n"),
    });
  }
  canonicalizeTree(physicalPath);
  const ca = checkFixedOutput(physicalPath, work);
  const outputPaths = [...goal.derivation.outputs.values()].map((output) => output.path);
  const { narHash, narSizeBytes, references } = hashAndScanTree(physicalPath, [...inputs, ...outputPaths]);
  const info = { path, narHash, narSizeBytes, references, deriver: goal.drvPath, ca, ultimate: true };
  return { physicalPath, info };
}

const contentAddressPrefixes = { flat: "fixed:", recursive: "fixed:r:", text: "text:" } as const;

/** @returns the content address of a fixed output, null for others */
function checkFixedOutput(physicalPath: string, { goal }: BuildWork): string | null {
  const fixed = fixedOutputOf(goal.derivation);
  if (fixed === null) return null;
  const { method, hash: wanted } = fixed;
  const isTree = method === "recursive";
  if (!isTree) checkIsPlainFile(physicalPath, goal.name);
  const got = isTree ? hashNar(physicalPath, wanted.algorithm) : hashFile(physicalPath, wanted.algorithm);
  if (!equalHashes(got, wanted)) throw hashMismatch(goal.name, wanted, got);
  return `${contentAddressPrefixes[method]}${formatHash(wanted, "base32")}`;
}

function hashMismatch(name: string, wanted: Hash, got: Hash): AppError {
  const [wantedText, gotText] = [formatHash(wanted, "sri"), formatHash(got, "sri")];
  return new AppError("STORE_HASH_MISMATCH", `Hash of '${name}' is '${gotText}', not '${wantedText}' as stated`, {
    details: `wanted: ${wantedText}\n   got: ${gotText}`,
  });
}

function checkIsPlainFile(physicalPath: string, name: string): void {
  const stat = lstatSync(fsPath(physicalPath));
  if (stat.isFile() && (stat.mode & 0o100) === 0) return;
  throw new AppError("STORE_NOT_A_FILE", `Output of '${name}' should be a file that is not executable`, {
    hint: "Its hash is that of a plain file; for anything else set outputHashMode to 'recursive'",
  });
}

function hashFile(physicalPath: string, algorithm: HashAlgorithm): Hash {
  const hasher = new StreamHasher(algorithm);
  readFile(physicalPath, (chunk) => hasher.update(chunk));
  return hasher.finish();
}

function readFile(physicalPath: string, sink: (chunk: Uint8Array) => void): void {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  const fd = openSync(fsPath(physicalPath), "r");
  try {
    for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer)) sink(buffer.subarray(0, count));
  } finally {
    closeSync(fd);
  }
}

function hashNar(physicalPath: string, algorithm: HashAlgorithm): Hash {
  const hasher = new StreamHasher(algorithm);
  writeNar(physicalPath, (chunk) => hasher.update(chunk));
  return hasher.finish();
}

/** What an interrupted build left at the final path is not valid, and gives way. */
function moveIntoStore({ physicalPath, info }: BuiltOutput, store: LocalStore): void {
  const target = fsPath(toByteString(store.physicalPath(info.path)));
  deleteTree(toByteString(store.physicalPath(info.path)));
  makeMovable(physicalPath);
  renameSync(fsPath(physicalPath), target);
  // only a folder had to be made writable for the move
  if (!lstatSync(target).isDirectory()) return;
  chmodSync(target, 0o555);
  lutimesSync(target, CANONICAL_TIME_S, CANONICAL_TIME_S);
}
