/** What the messages of the worker protocol are made of: path infos, targets, derivations, results of builds. */

import type { BuildOutcome } from "../build/events.ts";
import type { Derivation, DerivationOutput } from "../formats/derivation-type.ts";
import { formatDigest, parseHash } from "../formats/hash.ts";
import { isStorePath, parseBaseName } from "../formats/store-path.ts";
import type { PathInfo } from "../local/store-interface.ts";
import { AppError } from "../std/app-error.ts";
import { fromByteString, toByteString } from "../std/byte-string.ts";
import type { BuildMode, DerivedPath, RealisedTarget } from "../stores/store.ts";
import { BUILD_MODES, BUILD_STATUS, type ProtocolVersion, SINCE } from "./protocol.ts";
import { protocolError, type WireReader, type WireWriter } from "./wire.ts";

/** Store folder, a slash, hash part, dash, name. */
const MAX_PATH_BYTES = 4096;
const MAX_WORD_BYTES = 64 * 1024;

/** A store path; anything else is the client's mistake, after which the connection goes on. */
export async function readStorePath(reader: WireReader, storeDir: string): Promise<string> {
  return checkStorePath(await reader.string(MAX_PATH_BYTES), storeDir);
}

function checkStorePath(path: string, storeDir: string): string {
  if (isStorePath(path, storeDir)) return path;
  throw new AppError("STORE_BAD_PATH", `Path '${path}' is not a store path of '${storeDir}'`);
}

export async function readOptionalStorePath(reader: WireReader, storeDir: string): Promise<string | null> {
  const path = await reader.string(MAX_PATH_BYTES);
  return path === "" ? null : checkStorePath(path, storeDir);
}

/** Reads all before it complains, so that the connection can go on. */
export async function readStorePaths(reader: WireReader, storeDir: string): Promise<string[]> {
  const paths = await reader.strings(MAX_PATH_BYTES);
  return paths.map((path) => checkStorePath(path, storeDir));
}

export async function readPathInfo(reader: WireReader, path: string, storeDir: string): Promise<PathInfo> {
  const deriver = await reader.string(MAX_PATH_BYTES);
  const narHash = await reader.string(MAX_WORD_BYTES);
  const references = await reader.strings(MAX_PATH_BYTES);
  const registrationTimeS = await reader.number();
  const narSizeBytes = await reader.number();
  const ultimate = await reader.boolean();
  const signatures = await reader.strings(MAX_WORD_BYTES);
  const ca = await reader.string(MAX_WORD_BYTES);
  return {
    path,
    narHash: `sha256:${formatDigest(parseHash(narHash, "sha256"), "base16")}`,
    narSizeBytes,
    references: references.map((reference) => checkStorePath(reference, storeDir)),
    deriver: deriver === "" ? null : checkStorePath(deriver, storeDir),
    registrationTimeS,
    ca: ca === "" ? null : ca,
    signatures,
    ultimate,
  };
}

export function writePathInfo(writer: WireWriter, info: PathInfo): void {
  writer.string(info.deriver ?? "").string(formatDigest(parseHash(info.narHash, "sha256"), "base16"));
  writer.strings(info.references).number(info.registrationTimeS).number(info.narSizeBytes);
  writer
    .boolean(info.ultimate)
    .strings(info.signatures)
    .string(info.ca ?? "");
}

/** `/nix/store/x`, `/nix/store/x.drv!*`, `/nix/store/x.drv!out,dev`. */
export function formatDerivedPath(target: DerivedPath): string {
  if (target.type === "opaque") return target.path;
  // a set for Nix, which sends it back sorted
  return `${target.drvPath}!${target.outputs === null ? "*" : [...target.outputs].sort().join(",")}`;
}

export function parseDerivedPath(text: string, storeDir: string): DerivedPath {
  const bang = text.indexOf("!");
  if (bang < 0) return { type: "opaque", path: checkStorePath(text, storeDir) };
  const names = text.slice(bang + 1);
  const outputs = names === "*" || names === "" ? null : names.split(",");
  return { type: "built", drvPath: checkStorePath(text.slice(0, bang), storeDir), outputs };
}

export async function readDerivedPaths(reader: WireReader, storeDir: string): Promise<DerivedPath[]> {
  const texts = await reader.strings(MAX_WORD_BYTES);
  return texts.map((text) => parseDerivedPath(text, storeDir));
}

export async function readBuildMode(reader: WireReader): Promise<BuildMode> {
  const number = await reader.number();
  const mode = BUILD_MODES[number];
  if (mode === undefined) throw protocolError(`there is no build mode ${number}`);
  return mode;
}

/** A derivation whose inputs are all given as store paths. */
export async function readBasicDerivation(reader: WireReader, storeDir: string): Promise<Derivation> {
  const outputs = await reader.list(async (): Promise<[string, DerivationOutput]> => {
    const name = await reader.string(MAX_PATH_BYTES);
    const path = await reader.string(MAX_PATH_BYTES);
    const hashAlgorithm = await reader.string(MAX_PATH_BYTES);
    return [name, { path, hashAlgorithm, hash: await reader.string(MAX_PATH_BYTES) }];
  });
  const inputSrcs = await reader.strings(MAX_PATH_BYTES);
  const platform = await reader.string();
  const builder = await reader.string();
  const args = await reader.strings();
  const env = await reader.list(async (): Promise<[string, string]> => [await reader.string(), await reader.string()]);
  for (const path of inputSrcs) checkStorePath(path, storeDir);
  for (const [, { path }] of outputs) checkStorePath(path, storeDir);
  return {
    outputs: new Map(outputs),
    inputDrvs: new Map(),
    inputSrcs,
    platform,
    builder,
    args,
    env: new Map(env),
  };
}

export function writeBasicDerivation(writer: WireWriter, derivation: Derivation): void {
  writer.number(derivation.outputs.size);
  for (const [name, output] of derivation.outputs) {
    writer.string(name).string(output.path).string(output.hashAlgorithm).string(output.hash);
  }
  writer.strings(derivation.inputSrcs).string(derivation.platform).string(derivation.builder).strings(derivation.args);
  writer.number(derivation.env.size);
  for (const [name, value] of derivation.env) writer.string(name).string(value);
}

const STATUS_OF_OUTCOME: Readonly<Record<BuildOutcome, number>> = {
  built: BUILD_STATUS.built,
  cached: BUILD_STATUS.alreadyValid,
  failed: BUILD_STATUS.permanentFailure,
  "dependency-failed": BUILD_STATUS.dependencyFailed,
  "timed-out": BUILD_STATUS.timedOut,
  cancelled: BUILD_STATUS.miscFailure,
};

/** A client reads no more of an id than the name behind the exclamation mark. */
const NO_HASH = `sha256:${"0".repeat(64)}`;

export function writeBuildResult(writer: WireWriter, result: RealisedTarget, version: ProtocolVersion): void {
  const status = isRejected(result) ? BUILD_STATUS.outputRejected : STATUS_OF_OUTCOME[result.outcome];
  writer.number(status).string(toByteString(errorText(result)));
  writer.number(result.outcome === "built" ? 1 : 0).boolean(false);
  writer.number(result.startTimeS).number(result.stopTimeS);
  // processor times: not measured
  if (version >= SINCE.processorTimes) writer.number(0).number(0);
  const isValid = result.outcome === "built" || result.outcome === "cached";
  const outputs = isValid ? Object.entries(result.outputs) : [];
  writer.number(outputs.length);
  for (const [name, path] of outputs) {
    const id = `${NO_HASH}!${name}`;
    const outPath = path.slice(path.lastIndexOf("/") + 1);
    const realisation = { dependentRealisations: {}, id, outPath, signatures: [] };
    writer.string(id).string(JSON.stringify(realisation));
  }
}

function errorText({ error }: RealisedTarget): string {
  if (error === null) return "";
  return error.details === undefined ? error.message : `${error.message}\n${error.details}`;
}

function isRejected({ error }: RealisedTarget): boolean {
  return error?.code === "STORE_HASH_MISMATCH" || error?.code === "STORE_OUTPUT_REJECTED";
}

const OUTCOME_OF_STATUS: ReadonlyMap<number, BuildOutcome> = new Map([
  [BUILD_STATUS.built, "built"],
  [BUILD_STATUS.substituted, "built"],
  [BUILD_STATUS.alreadyValid, "cached"],
  [BUILD_STATUS.timedOut, "timed-out"],
  [BUILD_STATUS.dependencyFailed, "dependency-failed"],
]);

export async function readBuildResult(
  reader: WireReader,
  target: DerivedPath,
  context: { readonly version: ProtocolVersion; readonly storeDir: string },
): Promise<RealisedTarget> {
  const status = await reader.number();
  const [message = "", ...rest] = plainText(await reader.string()).split("\n");
  await reader.number();
  await reader.boolean();
  const startTimeS = await reader.number();
  const stopTimeS = await reader.number();
  if (context.version >= SINCE.processorTimes) {
    for (const _ of ["user", "system"]) if (await reader.boolean()) await reader.uint64();
  }
  const outputs: Record<string, string> = {};
  const entries = await reader.list(async () => [await reader.string(), await reader.string()] as const);
  for (const [id, json] of entries) outputs[id.slice(id.indexOf("!") + 1)] = outPathOf(json, context.storeDir);
  const outcome = OUTCOME_OF_STATUS.get(status) ?? "failed";
  const isWell = outcome === "built" || outcome === "cached";
  const details = rest.length === 0 ? {} : { details: rest.join("\n") };
  const error = isWell ? null : { code: "STORE_BUILD_FAILED", message, ...details };
  return { target, outcome, outputs, error, startTimeS, stopTimeS };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal begin with one
const COLOURS = /\u001b\[[0-9;]*m/g;

/** Text for people as it comes from a daemon: byte string to text, without colours. */
export function plainText(bytes: string): string {
  return fromByteString(bytes).replace(COLOURS, "");
}

function outPathOf(json: string, storeDir: string): string {
  const value: unknown = JSON.parse(json);
  const name = typeof value === "object" && value !== null && "outPath" in value ? String(value.outPath) : "";
  if (parseBaseName(name) === null) throw protocolError(`'${name}' is not the name of a store path`);
  return `${storeDir}/${name}`;
}
