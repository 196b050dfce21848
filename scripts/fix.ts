/** `npm run fix`: mends what can be mended by machine (format, import order, simple lint). */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.exitCode =
  spawnSync(join(root, "node_modules", ".bin", "biome"), ["check", "--write", "."], { cwd: root, stdio: "inherit" })
    .status ?? 1;
