/** Development entry until `bin/compat/nix-store -r` exists: `node store/build/dev-realise.ts --root R drv...` */
import { parseArgs } from "node:util";
import { openLocalStore } from "../local/local-store.ts";
import { buildPaths } from "./build-paths.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    root: { type: "string" },
    quiet: { type: "boolean" },
    "keep-going": { type: "boolean" },
    "keep-failed": { type: "boolean" },
  },
});
const root = values.root ?? process.env["FIRN_ROOT"];
if (root === undefined) throw new Error("--root R");
const store = openLocalStore({ root });
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());
const run = buildPaths(
  store,
  positionals.map((drvPath) => ({ drvPath })),
  { signal: stop.signal, keepGoing: values["keep-going"] ?? false, keepFailed: values["keep-failed"] ?? false },
);
for await (const event of run) {
  if (event.type === "log" && !values.quiet) console.error(event.line);
  else if (event.type === "finished" && event.outcome !== "cached") {
    console.error(`${event.outcome} ${event.name} ${event.durationMs} ms`);
    if (event.error) console.error(event.error.message, event.error.hint ?? "", `\n${event.error.details ?? ""}`);
  } else if (event.type === "plan") console.error(`${event.buildCount} builds, ${event.downloadCount} downloads`);
}
const result = await run.result;
for (const target of result.targets) for (const path of Object.values(target.outputs)) console.log(path);
process.exitCode = result.success ? 0 : 100;
store.close();
