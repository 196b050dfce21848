/** A process of its own that fetches, to be killed: `<root> <cache url> <path>..`. Prints a line for each event. */
import { writeSync } from "node:fs";
import { buildPaths } from "../../build/build-paths.ts";
import { openLocalStore } from "../../local/local-store.ts";
import { testSubstituters } from "./fixtures.ts";

const [root = "", url = "", ...paths] = process.argv.slice(2);
const store = openLocalStore({ root });
const substituters = testSubstituters([url], { patienceMs: 10_000 });
const run = buildPaths(store, [], { paths, substituters });
for await (const event of run) writeSync(1, `${event.type}\n`);
process.exitCode = (await run.result).success ? 0 : 1;
substituters.close();
store.close();
