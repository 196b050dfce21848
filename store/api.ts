/** The store, for everything outside `store/`: named exports only; the contracts stand with the types. */

export { buildLogPath, readBuildLog } from "./build/build-log.ts";
export type { BuildEvent, BuildOptions, BuildOutcome, BuildRun, BuildTarget, TargetResult } from "./build/events.ts";
export type { ExportOptions, ExportResult } from "./cache/export-binary-cache.ts";
export type { NarCompression } from "./cache/nar-file.ts";
export type { RunningCacheServer, ServedCompression } from "./cache-server/cache-server.ts";
export type { CreateDaemonOptions, RunningDaemon } from "./daemon/create-daemon.ts";
export {
  buildPaths,
  copyClosure,
  createDaemon,
  downloadFile,
  exportBinaryCache,
  exportPaths,
  importPaths,
  openStore,
  openSubstituters,
  planMissing,
  readCacheInfo,
  repairPaths,
  startCacheServer,
} from "./deferred.ts";
export { hashTree } from "./formats/nar-writer.ts";
export { canonicalizeTree } from "./local/canonical.ts";
export { defaultRoot } from "./local/default-root.ts";
export { type OpenStoreOptions, openLocalStore } from "./local/local-store.ts";
export { hashAndScanTree, ReferenceScanner, type ScannedTree, scanReferences } from "./local/reference-scan.ts";
export type {
  Addition,
  AddPathOptions,
  GarbageOptions,
  GarbageResult,
  LocalStore,
  NarImport,
  NewPathInfo,
  PathInfo,
} from "./local/store-interface.ts";
export { deleteOldGenerations, findProfiles, type Generation, listGenerations } from "./profiles/generations.ts";
export { ContentCheck, isContentAddressed, parseContentAddress } from "./stores/content-address.ts";
export { narOfTree } from "./stores/nar-stream.ts";
export type { DerivedPath, MissingPaths, RealisedTarget, RealiseRun, Store } from "./stores/store.ts";
export { TrustedKeys } from "./stores/trusted-keys.ts";
export type { Substituters } from "./substitute/substituters.ts";
