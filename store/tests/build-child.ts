/**
 * A process of its own that builds, for tests of what happens between processes: `<root> <max jobs> <drv>..`.
 * Prints each event as a line of JSON; a run that rejects prints its error and exits with the error's code.
 */
import { buildPaths } from "../build/build-paths.ts";
import { openLocalStore } from "../local/local-store.ts";
import { isAppError } from "../std/app-error.ts";

const [root = "", maxJobs = "2", ...drvPaths] = process.argv.slice(2);
const store = openLocalStore({ root });
const run = buildPaths(
  store,
  drvPaths.map((drvPath) => ({ drvPath })),
  { maxJobs: Number(maxJobs) },
);
for await (const event of run) console.log(JSON.stringify(event));
try {
  process.exitCode = (await run.result).success ? 0 : 100;
} catch (error) {
  if (!isAppError(error)) throw error;
  console.log(JSON.stringify({ type: "error", code: error.code, message: error.message, hint: error.hint }));
  process.exitCode = error.exitCode;
}
store.close();
