/** The operations of `nix-store` on what is registered, and on derivations as texts. */
import { readFileSync } from "node:fs";
import type { LocalStore, NewPathInfo } from "#store/api.ts";
import { formatHash, parseHash } from "#store/formats/hash.ts";
import { makeFixedOutputPath } from "#store/formats/store-path.ts";
import { AppError } from "#store/std/app-error.ts";
import { storePathOf } from "../realise.ts";
import { hashAlgorithmOf, type OperationRequest, printText } from "./nix-store-request.ts";
import { infoOf } from "./store-queries.ts";

/** A registration as text: path, hash, size, deriver, number of references, references. */
export async function dumpDatabase({ store, operands }: OperationRequest): Promise<number> {
  const named = await Promise.all(operands.map((operand) => storePathOf(store, operand)));
  const paths = operands.length === 0 ? store.allValidPaths() : [...new Set(named)].toSorted();
  for (const path of paths) {
    const { narHash, narSizeBytes, deriver, references } = infoOf(store, path);
    const hash = formatHash(parseHash(narHash), "base16").slice("sha256:".length);
    printText(`${[path, hash, narSizeBytes, deriver ?? "", references.length, ...references].join("\n")}\n`);
  }
  return 0;
}

export async function loadDatabase({ store }: OperationRequest): Promise<number> {
  registerMissing(store, readRegistrations(true), false);
  return 0;
}

/** Believes what standard input says of paths that stand in the store already. */
export async function registerValidity({ store, given }: OperationRequest): Promise<number> {
  const { canonicalizeTree, hashTree } = await import("#store/api.ts");
  const registrations = readRegistrations(given.hashGiven).map((info) => {
    const physical = store.physicalPath(info.path);
    if (store.isValidPath(info.path) && !given.reregister) return info;
    canonicalizeTree(physical);
    return given.hashGiven ? info : { ...info, ...hashTree(physical) };
  });
  registerMissing(store, registrations, given.reregister);
  return 0;
}

function registerMissing(store: LocalStore, infos: readonly NewPathInfo[], isReregistering: boolean): void {
  store.registerPaths(infos.filter(({ path }) => isReregistering || !store.isValidPath(path)));
}

function readRegistrations(withHash: boolean): NewPathInfo[] {
  const lines = readFileSync(0, "latin1").split("\n");
  const infos: NewPathInfo[] = [];
  let next = 0;
  const take = (): string => {
    const line = lines[next++];
    if (line !== undefined) return line;
    throw new AppError("STORE_BAD_REGISTRATION", `Cannot read registrations: they end in the middle of one`);
  };
  const takeNumber = (): number => {
    const line = take();
    if (/^\d+$/.test(line)) return Number(line);
    throw new AppError("STORE_BAD_REGISTRATION", `Cannot read registrations: line ${next} should be a number`);
  };
  while (next < lines.length && lines[next] !== "") {
    const path = take();
    const narHash = withHash ? formatHash(parseHash(take(), "sha256"), "base16") : "";
    const narSizeBytes = withHash ? takeNumber() : 0;
    const deriver = take();
    const references = Array.from({ length: takeNumber() }, take);
    infos.push({ path, narHash, narSizeBytes, references, deriver: deriver === "" ? null : deriver });
  }
  return infos;
}

export async function checkValidity({ store, given, operands }: OperationRequest): Promise<number> {
  for (const operand of operands) {
    const path = await storePathOf(store, operand);
    if (store.isValidPath(path)) continue;
    if (!given.printInvalid) throw new AppError("STORE_INVALID_PATH", `Path '${path}' is not valid`);
    printText(`${path}\n`);
  }
  return 0;
}

/** For a shell's `eval`: what a builder would find. */
export async function printEnvironment({ store, operands }: OperationRequest): Promise<number> {
  const [operand, ...others] = operands;
  if (operand === undefined || others.length > 0)
    throw new AppError("CLI_USAGE", "Flag '--print-env' needs one derivation", { exitCode: 2 });
  const { env, args } = store.readDerivation(await storePathOf(store, operand));
  for (const [name, value] of [...env].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    printText(`export ${name}; ${name}=${quoted(value)}\n`);
  printText(`export _args; _args='${args.map(quoted).join(" ")}'\n`);
  return 0;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

export async function printFixedPath({ store, given, operands }: OperationRequest): Promise<number> {
  const [algorithm = "", hash, name] = operands;
  if (hash === undefined || name === undefined)
    throw new AppError("CLI_USAGE", "Flag '--print-fixed-path' needs ALGORITHM HASH NAME", { exitCode: 2 });
  const method = given.recursive ? "recursive" : "flat";
  const digest = parseHash(hash, hashAlgorithmOf(algorithm));
  printText(`${makeFixedOutputPath(name, method, digest, { storeDir: store.storeDir })}\n`);
  return 0;
}

export async function generateKey({ operands }: OperationRequest): Promise<number> {
  const [name, secretFile, publicFile] = operands;
  if (name === undefined || secretFile === undefined || publicFile === undefined)
    throw new AppError("CLI_USAGE", "Flag '--generate-binary-cache-key' needs NAME SECRET-FILE PUBLIC-FILE", {
      exitCode: 2,
    });
  const { generateKeyPair } = await import("#store/formats/signature.ts");
  const { writeFileSync } = await import("node:fs");
  const { publicKey, secretKey } = generateKeyPair(name);
  writeFileSync(publicFile, publicKey);
  writeFileSync(secretFile, secretKey, { mode: 0o600 });
  return 0;
}

export async function verifyPaths({ store, operands }: OperationRequest): Promise<number> {
  const { hashTree } = await import("#store/api.ts");
  let exitCode = 0;
  for (const operand of operands) {
    const path = await storePathOf(store, operand);
    const expected = formatHash(parseHash(infoOf(store, path).narHash), "base32");
    const { hash } = hashTree(store.physicalPath(path));
    const found = formatHash(hash, "base32");
    if (found === expected) continue;
    process.stderr.write(`path '${path}' was modified! expected hash '${expected}', got '${found}'\n`);
    exitCode = 1;
  }
  return exitCode;
}

/** Opening the store has made it. */
export async function initialise(): Promise<number> {
  return 0;
}
