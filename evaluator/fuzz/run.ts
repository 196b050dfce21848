/**
 * By hand: `node evaluator/fuzz/run.ts [seconds] [most differences]`, with `SEED=` to repeat a run. Exit code 1 when something
 * differs. This file is a command: it prints.
 */
import { realNixVersion } from "../lang-tests/real-nix.ts";
import { fuzz } from "./fuzz.ts";

const seconds = Number(process.argv[2] ?? 60);
const maxDifferences = Number(process.argv[3] ?? 5);
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000_000);

if (realNixVersion() === null) {
  console.error("error: real Nix is not installed; hint: apt-get install nix-bin");
  process.exit(3);
}
console.log(`SEED=${seed}`);
const { programs, differences } = await fuzz({
  seed,
  seconds,
  maxDifferences,
  onProgress: (compared) => {
    if (compared % 2500 === 0) console.error(`${compared} programs`);
  },
  onDifference: ({ program, real, ours }, compared) =>
    console.log(`--- program (of ${compared})\n${program}\n--- real Nix\n${real}\n--- ours\n${ours}\n`),
});
console.log(`${programs} programs, ${differences.length} differences`);
process.exitCode = differences.length === 0 ? 0 : 1;
