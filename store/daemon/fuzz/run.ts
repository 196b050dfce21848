/**
 * `SEED=7 node store/daemon/fuzz/run.ts <seconds>` fuzzes; `node store/daemon/fuzz/run.ts <file>` feeds one input again.
 * What is found is written to `store/daemon/fuzz/corpus/`, which the test feeds too.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../stores/open-store.ts";
import { feed, fuzzDaemon } from "./fuzz.ts";

const [argument = "60"] = process.argv.slice(2);
const root = mkdtempSync(join(tmpdir(), "firn-fuzz-"));
const open = () => openStore(`local?root=${root}`);

if (existsSync(argument)) {
  console.log((await feed(readFileSync(argument), open, true)) ?? "went well");
} else {
  const seed = Number(process.env["SEED"] ?? Date.now());
  const { count, findings } = await fuzzDaemon({ openStore: open, seed, durationMs: Number(argument) * 1000 });
  console.log(`seed ${seed}: ${count} conversations, ${findings.length} problems`);
  const folder = new URL("./corpus/", import.meta.url).pathname;
  for (const [index, { input, problem }] of findings.entries()) {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${seed}-${index}.bin`);
    writeFileSync(file, input);
    console.log(`${file}: ${problem}`);
  }
  process.exitCode = findings.length === 0 ? 0 : 1;
}
