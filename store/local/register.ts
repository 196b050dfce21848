/** Registers paths: rows first, then references, then the outputs of derivations, in one transaction. */
import { readFileSync } from "node:fs";
import { parseDerivation } from "../formats/derivation.ts";
import type { Derivation } from "../formats/derivation-type.ts";
import { isDerivationPath, parseStorePath } from "../formats/store-path.ts";
import { AppError } from "../std/app-error.ts";
import { fsPath } from "../std/byte-string.ts";
import { systemErrorCode } from "../std/system-error.ts";
import { physicalPath, type StoreContext } from "./store-context.ts";
import type { NewPathInfo } from "./store-interface.ts";

/**
 * What the infos name must stand finished in the store. References may be among the infos.
 * @param derivations those of `.drv` paths that are at hand; others are read
 * @throws AppError `STORE_INVALID_REFERENCE` for a reference that is not valid, `STORE_REFERENCE_CYCLE`
 */
export function registerPaths(
  context: StoreContext,
  infos: readonly NewPathInfo[],
  derivations: ReadonlyMap<string, Derivation> = new Map(),
): void {
  const { database, layout } = context;
  const nowS = Math.floor(Date.now() / 1000);
  database.transaction(() => {
    const idOf = new Map<string, number>();
    for (const info of infos) {
      parseStorePath(info.path, layout.storeDir);
      idOf.set(info.path, database.upsertPath(info, nowS));
    }
    for (const info of infos) {
      const referrer = idOf.get(info.path) ?? 0;
      for (const reference of info.references) {
        const id = idOf.get(reference) ?? database.idOf(reference);
        if (id === null) throw invalidReference(info.path, reference);
        database.addReference(referrer, id);
      }
      if (!isDerivationPath(info.path)) continue;
      const derivation = derivations.get(info.path) ?? readDerivation(context, info.path);
      for (const [name, output] of derivation.outputs) {
        if (output.path !== "") database.addDerivationOutput(referrer, name, output.path);
      }
    }
    if (infos.length > 1) checkAcyclic(infos);
  });
}

/**
 * Reads and parses a `.drv` of this store, valid or not.
 * @throws AppError `STORE_INVALID_PATH`, `STORE_BAD_DERIVATION`
 */
export function readDerivation(context: StoreContext, drvPath: string): Derivation {
  try {
    return parseDerivation(readFileSync(fsPath(physicalPath(context.layout, drvPath)), "latin1"));
  } catch (cause) {
    if (systemErrorCode(cause) === "ENOENT") {
      throw new AppError("STORE_INVALID_PATH", `Derivation '${drvPath}' is not in the store`, { cause });
    }
    throw new AppError("STORE_BAD_DERIVATION", `Cannot read derivation '${drvPath}'`, { cause });
  }
}

export function invalidReference(path: string, reference: string): AppError {
  return new AppError("STORE_INVALID_REFERENCE", `Cannot register '${path}': it refers to '${reference}', not valid`);
}

/** Two outputs that refer to each other could never be deleted. */
function checkAcyclic(infos: readonly NewPathInfo[]): void {
  const referencesOf = new Map(infos.map((info) => [info.path, info.references]));
  const state = new Map<string, "open" | "done">();
  const visit = (path: string): void => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      throw new AppError("STORE_REFERENCE_CYCLE", `Cannot register '${path}': it refers to itself through others`);
    }
    state.set(path, "open");
    for (const reference of referencesOf.get(path) ?? []) if (reference !== path) visit(reference);
    state.set(path, "done");
  };
  for (const { path } of infos) visit(path);
}
