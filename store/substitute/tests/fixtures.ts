/** Outputs without builds: derivations whose outputs are written by hand into one store, and looked for by another. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildPaths } from "../../build/build-paths.ts";
import type { BuildEvent, BuildOptions, TargetResult } from "../../build/events.ts";
import { generateKeyPair } from "../../formats/signature.ts";
import { canonicalizeTree } from "../../local/canonical.ts";
import { hashAndScanTree } from "../../local/reference-scan.ts";
import type { LocalStore } from "../../local/store-interface.ts";
import { NixSettings } from "../../stores/nix-settings.ts";
import type { BuildWorkshop, DrvSpec } from "../../tests/build-workshop.ts";
import { openSubstituters, type Substituters } from "../substituters.ts";

export const KEYS: { readonly secretKey: string; readonly publicKey: string } = generateKeyPair("cache-1");

export interface Chain {
  /** `lib`, `app` (refers to lib and itself), `top` (refers to app). */
  readonly drvPaths: readonly string[];
  readonly paths: readonly string[];
}

const SPECS: readonly (DrvSpec & { readonly name: string })[] = [
  { name: "lib", builder: "/bin/none" },
  { name: "app", builder: "/bin/none" },
  { name: "top", builder: "/bin/none" },
];

/** The derivations of a chain of three; `env` for all of them. */
export function addChain(shop: BuildWorkshop, env: Readonly<Record<string, string>> = {}): Chain {
  const drvPaths: string[] = [];
  for (const spec of SPECS) drvPaths.push(shop.add({ ...spec, env, inputs: drvPaths.slice(-1) }));
  return { drvPaths, paths: drvPaths.map((drvPath) => shop.outputOf(drvPath)) };
}

/** Writes and registers the outputs, as if built. */
export function fillChain({ store }: BuildWorkshop, { drvPaths, paths }: Chain, sizeBytes = 2000): void {
  for (const [index, path] of paths.entries()) {
    const folder = join(store.physicalPath(path), "bin");
    mkdirSync(folder, { recursive: true });
    const self = index === 1 ? path : "";
    writeFileSync(join(folder, "tool"), `${paths[index - 1] ?? ""} ${self}`, { mode: 0o755 });
    writeFileSync(join(folder, "data"), Buffer.alloc(sizeBytes, `data ${index} `));
    canonicalizeTree(store.physicalPath(path));
    const scanned = hashAndScanTree(store.physicalPath(path), paths);
    store.registerPaths([{ path, deriver: drvPaths[index] ?? null, ...scanned }]);
  }
}

/** Impatient settings for tests; trusts {@link KEYS}. */
export function testSettings(overrides: Readonly<Record<string, string>> = {}): NixSettings {
  return new NixSettings().with(
    Object.entries({ "trusted-public-keys": KEYS.publicKey, "download-attempts": "2", ...overrides }),
  );
}

export function testSubstituters(
  urls: readonly string[],
  options: { readonly settings?: NixSettings; readonly memoryPath?: string; readonly patienceMs?: number } = {},
): Substituters {
  const { settings = testSettings(), memoryPath = null, patienceMs = 400 } = options;
  const patience = { connectMs: patienceMs, answerMs: patienceMs, stallMs: patienceMs, attempts: 3, pauseMs: 5 };
  const opened = openSubstituters(settings, { storeDir: "/nix/store", memoryPath, urls, patience });
  if (opened === null) throw new Error("Nothing to substitute from");
  return opened;
}

export interface FetchedRun {
  readonly success: boolean;
  readonly targets: readonly TargetResult[];
  readonly events: readonly BuildEvent[];
  readonly warnings: readonly string[];
  /** Paths that were fetched, in the order that they were finished. */
  readonly fetched: readonly string[];
}

export async function realiseFrom(
  store: LocalStore,
  drvPaths: readonly string[],
  substituters: Substituters,
  options: BuildOptions = {},
): Promise<FetchedRun> {
  const targets = drvPaths.map((drvPath) => ({ drvPath }));
  const run = buildPaths(store, targets, { ...options, substituters });
  const events: BuildEvent[] = [];
  for await (const event of run) events.push(event);
  const fetched = events.flatMap((event) =>
    event.type === "substituted" && event.outcome === "substituted" ? [event.path] : [],
  );
  const warnings = events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  return { ...(await run.result), events, warnings, fetched };
}

/** Real Nix's command. */
export function nix(args: readonly string[], home: string): string {
  const env = { PATH: process.env["PATH"], HOME: home, NIX_CONF_DIR: home };
  const features = ["--extra-experimental-features", "nix-command"];
  return execFileSync("nix", [...features, ...args], { encoding: "utf8", env, stdio: ["ignore", "pipe", "pipe"] });
}

/** A cache in a folder, by real Nix, signed by {@link KEYS}. */
export function nixCache(root: string, paths: readonly string[], folder: string, compression: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "..", "secret-key"), KEYS.secretKey);
  const url = `file://${folder}?compression=${compression}&secret-key=${join(folder, "..", "secret-key")}`;
  nix(["--store", root, "copy", "--to", url, ...paths], join(folder, ".."));
}
