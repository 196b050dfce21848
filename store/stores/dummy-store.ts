/** A store that has nothing and takes nothing: for evaluation that shall not touch any (`dummy://`). */
import { DEFAULT_STORE_DIR } from "../formats/store-path.ts";
import type { GarbageResult, PathInfo } from "../local/store-interface.ts";
import { AppError } from "../std/app-error.ts";
import type { ByteStream, DerivedPath, MissingPaths, RealiseRun, Store } from "./store.ts";

export class DummyStore implements Store {
  readonly uri = "dummy://";
  readonly storeDir: string = DEFAULT_STORE_DIR;
  readonly root = null;

  async isTrusting(): Promise<null> {
    return null;
  }
  async queryPathInfo(): Promise<PathInfo | null> {
    return null;
  }
  async queryValidPaths(): Promise<string[]> {
    return [];
  }
  async queryAllValidPaths(): Promise<string[]> {
    return [];
  }
  async queryReferrers(): Promise<string[]> {
    return [];
  }
  async queryValidDerivers(): Promise<string[]> {
    return [];
  }
  async queryDerivationOutputs(drvPath: string): Promise<Map<string, string>> {
    throw new AppError("STORE_INVALID_PATH", `Path '${drvPath}' is not valid`);
  }
  async queryPathFromHashPart(): Promise<string | null> {
    return null;
  }
  async querySubstitutablePaths(): Promise<string[]> {
    return [];
  }
  async queryMissing(targets: readonly DerivedPath[]): Promise<MissingPaths> {
    const unknown = targets.map((target) => (target.type === "opaque" ? target.path : target.drvPath));
    return { willBuild: [], willSubstitute: [], unknown, downloadSizeBytes: 0, narSizeBytes: 0 };
  }
  narFromPath(path: string): ByteStream {
    const failure = Promise.reject<never>(new AppError("STORE_INVALID_PATH", `Path '${path}' is not valid`));
    failure.catch(() => {});
    return { [Symbol.asyncIterator]: () => ({ next: () => failure }) };
  }
  async addNar(): Promise<void> {
    throw unsupported("addNar");
  }
  async addContents(): Promise<PathInfo> {
    throw unsupported("addContents");
  }
  async addText(): Promise<string> {
    throw unsupported("addText");
  }
  async addSignatures(): Promise<void> {
    throw unsupported("addSignatures");
  }
  realise(): RealiseRun {
    throw unsupported("realise");
  }
  buildDerivation(): RealiseRun {
    throw unsupported("buildDerivation");
  }
  async readBuildLog(): Promise<Uint8Array | null> {
    return null;
  }
  async addBuildLog(): Promise<void> {
    throw unsupported("addBuildLog");
  }
  async addTempRoot(): Promise<void> {}
  async addIndirectRoot(): Promise<void> {
    throw unsupported("addIndirectRoot");
  }
  async findRoots(): Promise<Map<string, string>> {
    return new Map();
  }
  async collectGarbage(): Promise<GarbageResult> {
    return { deletedPaths: [], livePaths: [], freedBytes: 0 };
  }
  async optimise(): Promise<number> {
    return 0;
  }
  async verify(): Promise<string[]> {
    return [];
  }
  async close(): Promise<void> {}
}

function unsupported(operation: string): AppError {
  return new AppError("STORE_UNSUPPORTED", `Operation '${operation}' is not supported by store 'dummy://'`);
}
