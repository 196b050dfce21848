import { relative } from "node:path";
import { buildLogPath, buildPaths, exportBinaryCache, openLocalStore } from "#store/api.ts";
import type { JobStore } from "./job-store.ts";

/** Firn's own store at `root`. */
export function openLocalJobStore(root: string): JobStore {
  const store = openLocalStore({ root });
  return {
    root: store.root,
    storeDir: store.storeDir,
    physicalPath: (path) => store.physicalPath(path),
    readDerivation: (drvPath) => store.readDerivation(drvPath),
    computeClosure: (paths) => store.computeClosure(paths),
    addIndirectRoot: (link, path) => store.addIndirectRoot(link, path),
    build: (targets, options) => buildPaths(store, targets, options),
    logPath: (drvPath) => relative(store.root, buildLogPath(store.root, drvPath)),
    exportCache: async (paths, folder) => {
      await exportBinaryCache(store, paths, folder);
    },
    close: () => store.close(),
  };
}
