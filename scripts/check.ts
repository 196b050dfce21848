/** `npm run check`: types, lint and house rules only; a second or two. */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const scripts = dirname(fileURLToPath(import.meta.url));
const stages = spawnSync(process.execPath, [join(scripts, "test.ts"), "types", "lint"], { stdio: "inherit" });
const tidy = spawnSync(process.execPath, ["--test", join(scripts, "tidy.test.ts")], { stdio: "inherit" });
process.exitCode = stages.status === 0 && tidy.status === 0 ? 0 : 1;
