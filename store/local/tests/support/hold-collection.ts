/** Holds the place of a collection for a while: `hold-collection.ts <root> <milliseconds>`. Says `ready` when it has it. */
import { whileCollecting } from "../../garbage.ts";
import { storeLayout } from "../../store-layout.ts";

const [root = "", milliseconds = "0"] = process.argv.slice(2);
whileCollecting(storeLayout(root), () => {
  process.stdout.write("ready\n");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(milliseconds));
});
