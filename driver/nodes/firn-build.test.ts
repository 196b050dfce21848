import assert from "node:assert/strict";
import { test } from "node:test";
import { Journal } from "../report/journal.ts";
import { BuildReader } from "./firn-build.ts";

function read(...lines: readonly object[]): {
  readonly reader: BuildReader;
  readonly journal: Journal;
  readonly progress: string[];
} {
  const journal = new Journal();
  const progress: string[] = [];
  journal.entries$.subscribe((entry) => entry.type === "progress" && progress.push(entry.text));
  const reader = new BuildReader(journal);
  reader.read("a line that is not JSON");
  for (const line of lines) reader.read(JSON.stringify(line));
  return { reader, journal, progress };
}

test("BuildReader: phases, progress and the result", () => {
  const { reader, journal, progress } = read(
    { type: "phase", phase: "evaluate", durationMs: 1_200 },
    { type: "plan", buildCount: 2, downloadCount: 1, drvPaths: [] },
    { type: "started", name: "bash", kind: "download" },
    { type: "finished", name: "bash", outcome: "built" },
    { type: "started", name: "nginx", kind: "build" },
    { type: "something new" },
    { type: "result", root: "/r", targets: [{ drvPath: "/nix/store/x.drv", outputs: { out: "/nix/store/x" } }] },
  );
  assert.deepEqual(reader.result, { root: "/r", output: "/nix/store/x" });
  assert.deepEqual(progress, ["fetch bash (0/3)", "build nginx (1/3)"]);
  const phases = journal.entries.filter((entry) => entry.type === "start").map(({ title }) => title);
  assert.deepEqual(phases, ["evaluate"]);
});

test("BuildReader: an error keeps code, hint and details", () => {
  const { reader } = read({ type: "error", code: "EVAL_X", message: "Bad", hint: "mend it", details: "3 | x" });
  assert.deepEqual(
    [reader.error?.code, reader.error?.message, reader.error?.hint, reader.error?.details],
    ["EVAL_X", "Bad", "mend it", "3 | x"],
  );
  assert.equal(reader.result, undefined);
});
