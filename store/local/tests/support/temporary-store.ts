/** A store in a folder of its own that is gone after the test. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deleteTree } from "../../delete-tree.ts";
import { openLocalStore } from "../../local-store.ts";
import type { LocalStore } from "../../store-interface.ts";

export interface TemporaryStore extends Disposable {
  readonly root: string;
  /** Beside the root: for sources and other stores. */
  readonly folder: string;
  readonly store: LocalStore;
}

export function temporaryStore(): TemporaryStore {
  const folder = mkdtempSync(join(tmpdir(), "firn-store-"));
  const root = join(folder, "root");
  const store = openLocalStore({ root });
  return {
    folder,
    root,
    store,
    [Symbol.dispose]() {
      store.close();
      deleteTree(folder);
    },
  };
}

/** Real Nix, or the reason why a test that needs it is skipped. */
export const REAL_NIX_MISSING: string | false =
  spawnSync("nix-store", ["--version"]).status === 0 ? false : "real Nix is not installed, or does not run here";

/** Runs a command of real Nix on a root; returns what it printed. */
export function realNix(command: string, root: string, ...args: string[]): string {
  const env = { PATH: process.env["PATH"], HOME: join(root, ".."), NIX_CONF_DIR: join(root, "..") };
  return execFileSync(command, ["--store", root, ...args], {
    encoding: "latin1",
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
}
