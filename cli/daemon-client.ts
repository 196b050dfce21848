/**
 * Commands whose store is behind a daemon (`NIX_REMOTE=daemon`, `--store unix://..`). An evaluation is synchronous and
 * writes to Firn's own root; its derivations are then copied to the daemon, which checks and builds them. What an
 * evaluation imports from a derivation is built there too and copied back.
 */
import { symlinkSync } from "node:fs";
import { lstat, rename } from "node:fs/promises";
import { resolve } from "node:path";
import type { BuildTarget, LocalStore, RealiseRun, Store } from "#store/api.ts";
import { AppError } from "#store/std/app-error.ts";

/** Null when the store is a folder of this machine. */
export async function openDaemon(storeFlag: string | undefined): Promise<Store | null> {
  const url = storeFlag ?? process.env["NIX_REMOTE"] ?? "";
  if (!/^(daemon$|daemon\?|unix:\/\/)/.test(url)) return null;
  const { openStore } = await import("#store/api.ts");
  return await openStore(url);
}

/** Copies derivations of the evaluation's store, with all that they refer to. */
export async function sendClosure(store: LocalStore, daemon: Store, paths: readonly string[]): Promise<void> {
  const { copyClosure, openStore } = await import("#store/api.ts");
  const from = await openStore(`local?root=${store.root}`);
  try {
    await copyClosure(from, daemon, { paths });
  } finally {
    await from.close();
  }
}

/** For an evaluation that reads what was built. */
export async function fetchClosure(store: LocalStore, daemon: Store, paths: readonly string[]): Promise<void> {
  const { copyClosure, openStore } = await import("#store/api.ts");
  const to = await openStore(`local?root=${store.root}`);
  try {
    await copyClosure(daemon, to, { paths, checkSignatures: false });
  } finally {
    await to.close();
  }
}

/** Sends the derivations and starts to build them. */
export async function startDaemonBuild(
  daemon: Store,
  targets: readonly BuildTarget[],
  { store, ...options }: Parameters<Store["realise"]>[1] & { readonly store: LocalStore },
): Promise<RealiseRun> {
  // a derivation that only the daemon has needs no sending
  const drvPaths = targets.map(({ drvPath }) => drvPath).filter((drvPath) => store.isValidPath(drvPath));
  await sendClosure(store, daemon, drvPaths);
  const derivedPaths = targets.map(({ drvPath, outputs = null }) => ({ type: "built", drvPath, outputs }) as const);
  return daemon.realise(derivedPaths, options);
}

/** As `linkResults`: the links are ours to make, that they are roots is told to the daemon. */
export async function linkDaemonResults(daemon: Store, paths: readonly string[], name: string): Promise<string[]> {
  const links: string[] = [];
  for (const [index, path] of paths.entries()) {
    const link = resolve(index === 0 ? name : `${name}-${index + 1}`);
    await daemon.addTempRoot(path);
    await replaceLink(link, path);
    await daemon.addIndirectRoot(link);
    links.push(link);
  }
  return links;
}

async function replaceLink(link: string, target: string): Promise<void> {
  const old = await lstat(link).catch(() => null);
  if (old !== null && !old.isSymbolicLink()) {
    throw new AppError("STORE_ROOT_EXISTS", `Cannot make root '${link}': something that is no root is there`, {
      hint: "Move it away, or choose another name with --out-link",
    });
  }
  symlinkSync(target, `${link}.tmp-${process.pid}`);
  await rename(`${link}.tmp-${process.pid}`, link);
}
