/**
 * `exportReferencesGraph`: files in the build folder that describe closures of inputs, in the form `nix-store
 * --load-db` reads, without hashes: path, deriver (left empty), number of references, references, each on a line.
 * A derivation in a closure brings its outputs along, as in Nix.
 */
import type { Derivation } from "../formats/derivation-type.ts";
import { formatHash, parseHash } from "../formats/hash.ts";
import { isDerivationPath, isStorePath, toStorePath } from "../formats/store-path.ts";
import type { LocalStore } from "../local/store-interface.ts";
import { AppError } from "../std/app-error.ts";
import { compareBytes } from "../std/byte-string.ts";
import { wordsOf } from "./derivation-traits.ts";
import { type Json, JsonNumber, JsonObject } from "./structured-attributes.ts";

const FILE_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/** File name in the build folder -> contents. */
export function exportReferencesGraphs(
  derivation: Derivation,
  store: LocalStore,
  inputs: ReadonlySet<string>,
): Map<string, string> {
  const words = wordsOf(derivation.env.get("exportReferencesGraph"));
  if (words.length % 2 !== 0) {
    throw new AppError(
      "STORE_BAD_DERIVATION",
      "Attribute 'exportReferencesGraph' must hold pairs of file name and path",
    );
  }
  const files = new Map<string, string>();
  for (let i = 0; i < words.length; i += 2) {
    const [fileName = "", path = ""] = words.slice(i, i + 2);
    checkPair(fileName, path, store);
    const top = toStorePath(path, store.storeDir) ?? path;
    const closure = exportedClosure([top], store, inputs);
    files.set(fileName, closure.map((member) => registrationText(member, store)).join(""));
  }
  return files;
}

function checkPair(fileName: string, path: string, store: LocalStore): void {
  if (!FILE_NAME.test(fileName)) {
    throw new AppError("STORE_BAD_DERIVATION", `Invalid file name '${fileName}' in 'exportReferencesGraph'`);
  }
  const storePath = toStorePath(path, store.storeDir);
  if (storePath === null || !isStorePath(storePath, store.storeDir)) {
    throw new AppError("STORE_BAD_DERIVATION", `Path '${path}' in 'exportReferencesGraph' is not in the store`);
  }
}

/** The closure of some inputs; with the outputs of every derivation in it. */
function exportedClosure(tops: readonly string[], store: LocalStore, inputs: ReadonlySet<string>): readonly string[] {
  for (const path of tops) {
    if (inputs.has(path)) continue;
    throw new AppError("STORE_BAD_DERIVATION", `Cannot export the references of '${path}': it is not an input`);
  }
  const closure = store.computeClosure(tops);
  const outputs = closure.filter(isDerivationPath).flatMap((path) => validOutputs(path, store));
  const full = outputs.length === 0 ? closure : store.computeClosure([...closure, ...outputs]);
  return [...full].sort(compareBytes);
}

function validOutputs(drvPath: string, store: LocalStore): string[] {
  const paths = [...store.readDerivation(drvPath).outputs.values()].map(({ path }) => path);
  return paths.filter((path) => store.isValidPath(path));
}

function registrationText(path: string, store: LocalStore): string {
  const references = store.queryPathInfo(path)?.references ?? [];
  return [path, "", String(references.length), ...references].map((line) => `${line}\n`).join("");
}

/** The form that structured attributes have: a list of objects, with hash and sizes. */
export function closureAsJson(tops: readonly string[], store: LocalStore, inputs: ReadonlySet<string>): Json {
  return exportedClosure(tops, store, inputs).map((path) => pathAsJson(path, store));
}

function pathAsJson(path: string, store: LocalStore): JsonObject {
  const info = store.queryPathInfo(path);
  if (info === null) throw new Error(`Path '${path}' of a closure is not valid`);
  const sizes = store.computeClosure([path]).map((member) => store.queryPathInfo(member)?.narSizeBytes ?? 0);
  const members: [string, Json][] = [
    ["path", path],
    ["narHash", formatHash(parseHash(info.narHash), "base32")],
    ["narSize", new JsonNumber(String(info.narSizeBytes))],
    ["references", info.references],
    ["closureSize", new JsonNumber(String(sizes.reduce((sum, size) => sum + size, 0)))],
  ];
  return new JsonObject(info.ca === null ? members : [...members, ["ca", info.ca]]);
}
