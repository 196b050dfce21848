/**
 * `node store/bench/substitution.ts [paths] [rounds]`: fetches a closure from a local HTTP cache, by us and by real Nix in
 * turn, process against process, with nothing remembered. Prints a line of JSON for each compression: medians of wall and
 * processor time (ours includes Node's start), and their ratios (below 1: we are better).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exportBinaryCache } from "../cache/export-binary-cache.ts";
import { generateKeyPair } from "../formats/signature.ts";
import { deleteTree } from "../local/delete-tree.ts";
import { openLocalStore } from "../local/local-store.ts";
import { addManyPaths } from "../substitute/tests/many-paths.ts";

const count = Number(process.argv[2] ?? 500);
const rounds = Number(process.argv[3] ?? 5);
const folder = mkdtempSync(join(tmpdir(), "firn-bench-substitution-"));
/** Homes are fresh, so that nothing is remembered; what Node keeps of compiled code is not meant by that. */
const warm = { NODE_COMPILE_CACHE: join(folder, "compile-cache") };
const keys = generateKeyPair("bench-1");

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** `/usr/bin/time` is not everywhere; bash counts its children's time itself. */
async function costOf(command: readonly string[], env: NodeJS.ProcessEnv): Promise<Cost> {
  const script = 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>"$ERRORS"';
  const startMs = performance.now();
  const child = spawn("bash", ["-c", script, "bash", ...command], {
    env: { ...env, ERRORS: join(folder, "errors") },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let text = "";
  child.stderr.on("data", (chunk) => {
    text += String(chunk);
  });
  const [code] = await once(child, "close");
  const wallMs = performance.now() - startMs;
  if (code !== 0) throw new Error(`${command.join(" ")} failed, see ${folder}/errors`);
  const [user = 0, system = 0] = (text.trim().split("\n").at(-1) ?? "").split(" ").map(Number);
  return { wallMs, cpuMs: (user + system) * 1000 };
}

async function startServer(cache: string): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const module = new URL("../substitute/tests/cache-server.ts", import.meta.url).href;
  const script = `import { serveFolder } from ${JSON.stringify(module)}; console.log((await serveFolder(${JSON.stringify(cache)})).url);`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout, "data");
  return { child, url: String(line).trim() };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function compare(compression: "xz" | "zstd" | "none", top: string, source: string): Promise<void> {
  const store = openLocalStore({ root: source });
  const cache = join(folder, compression);
  await exportBinaryCache(store, [top], cache, { signingKey: keys.secretKey, compression });
  store.close();
  const { child, url } = await startServer(cache);
  const config = `substituters = ${url}\ntrusted-public-keys = ${keys.publicKey}\nbuild-users-group =\n`;
  const costs: Record<"firn" | "nix", Cost[]> = { firn: [], nix: [] };
  const commands = { nix: "nix-store", firn: fileURLToPath(new URL("../../bin/compat/nix-store", import.meta.url)) };
  for (let round = 0; round < rounds; round++) {
    for (const tool of ["nix", "firn"] as const) {
      const home = join(folder, `${tool}-${round}`);
      const env = { PATH: process.env["PATH"], HOME: home, NIX_CONF_DIR: folder, NIX_CONFIG: config, ...warm };
      costs[tool].push(await costOf([commands[tool], "--store", home, "-r", top], env));
      deleteTree(home);
    }
  }
  child.kill();
  const wallMs = { firn: median(costs.firn.map((c) => c.wallMs)), nix: median(costs.nix.map((c) => c.wallMs)) };
  const cpuMs = { firn: median(costs.firn.map((c) => c.cpuMs)), nix: median(costs.nix.map((c) => c.cpuMs)) };
  const ratio = (pair: Record<"firn" | "nix", number>): number => Number((pair.firn / pair.nix).toFixed(2));
  const round = (pair: Record<"firn" | "nix", number>) => ({ firn: Math.round(pair.firn), nix: Math.round(pair.nix) });
  const line = {
    bench: "substitute",
    compression,
    count,
    wallMs: round(wallMs),
    wall: ratio(wallMs),
    cpuMs: round(cpuMs),
  };
  console.log(JSON.stringify({ ...line, cpu: ratio(cpuMs) }));
}

try {
  writeFileSync(join(folder, "errors"), "");
  const source = join(folder, "source");
  const store = openLocalStore({ root: source });
  const top = addManyPaths(store, count, (i) => (i % 25 === 0 ? 500_000 : 4000 + (i % 7) * 3000));
  store.close();
  for (const compression of ["xz", "zstd", "none"] as const) await compare(compression, top, source);
} finally {
  deleteTree(folder);
}
