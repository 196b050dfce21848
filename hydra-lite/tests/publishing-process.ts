/**
 * A process that publishes releases until it is killed, for publish.test.ts. Arguments: channels folder, number of the
 * first release, and optionally the number of the step before which it kills itself.
 */
import { publishRelease } from "../channels/publish.ts";
import { MemoryLedger } from "./memory-ledger.ts";
import { numberedRelease } from "./numbered-release.ts";

const [channelsFolder = "", first = "1", killAtStep] = process.argv.slice(2);
const ledger = new MemoryLedger();
let step = 0;
const onStep = (): void => {
  step += 1;
  if (step === Number(killAtStep)) {
    process.kill(process.pid, "SIGKILL");
  }
};

const last = killAtStep === undefined ? Number.POSITIVE_INFINITY : Number(first);
for (let number = Number(first); number <= last; number += 1) {
  await publishRelease(ledger, await numberedRelease(number), { channelsFolder, onStep });
  console.log(`published ${number}`);
}
console.log(`steps ${step}`);
