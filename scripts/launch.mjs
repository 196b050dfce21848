// Plain JavaScript that any Node >= 20 runs: starts cli/main.ts in this process when this Node is new enough, else in the
// Node of the project's own toolchain. The name it was called by tells `firn` from the Nix commands.
import module from "node:module";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { findNode, isNodeNewEnough, runAndEndAs } from "./toolchain.mjs";

export async function launch() {
  if (!isNodeNewEnough(process.versions.node)) return launchInOwnNode();
  // Set before anything else is loaded, and for the workers that come later: it halves the time to start.
  process.env.NODE_COMPILE_CACHE ??= join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "firn", "compiled");
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  const { resolveQuickly } = await import("../store/std/quick-resolve.ts");
  resolveQuickly();
  const { main } = await import("../cli/main.ts");
  await main(basename(process.argv[1]), process.argv.slice(2));
}

function launchInOwnNode() {
  const node = findNode();
  if (node === null) {
    console.error(`error: Firn needs Node 24.12 or newer; this is ${process.versions.node}`);
    console.error("hint: run 'npm run setup' in the project's folder once; it installs one there");
    process.exit(3);
  }
  runAndEndAs(node, process.argv.slice(1));
}
