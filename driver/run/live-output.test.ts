import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "#store/std/app-error.ts";
import { Journal } from "../report/journal.ts";
import { LiveOutput } from "./live-output.ts";

async function watch(
  options: { verbose: boolean; color: boolean },
  body: (journal: Journal, output: LiveOutput) => Promise<void>,
): Promise<string> {
  let text = "";
  const write = (part: string): void => {
    text += part;
  };
  const output = new LiveOutput({ ...options, write });
  const journal = new Journal();
  journal.entries$.subscribe((entry) => output.show({ test: "web", entry }));
  await body(journal, output);
  return text.replace(/\d+(\.\d+)? s/g, "N s");
}

async function story(journal: Journal, output: LiveOutput): Promise<void> {
  journal.phase("build", 1_200);
  journal.note("accelerator: TCG: because");
  journal.serial("server", "Linux version 6.1");
  await journal.action({ kind: "step", title: "page is served" }, () =>
    journal.action({ kind: "command", title: "curl", machine: "client" }, () => {}),
  );
  journal.note("report: /r/web/index.html");
  output.passed("web", 2_000, undefined);
}

test("LiveOutput: quiet when all is well", async () => {
  assert.equal(
    await watch({ verbose: false, color: false }, story),
    ["web", "  build         N s", "  accelerator: TCG: because", "  › page is served", "✓ web N s", ""].join("\n"),
  );
});

test("LiveOutput: verbose tells consoles and commands", async () => {
  const text = await watch({ verbose: true, color: false }, story);
  assert.match(text, / {2}server \| Linux version 6\.1\n/);
  assert.match(text, / {2}client: curl \(N s\)\n/);
});

test("LiveOutput: the names of report folders are collected", async () => {
  await watch({ verbose: false, color: false }, async (journal, output) => {
    await story(journal, output);
    assert.deepEqual(output.slugs, ["web"]);
  });
});

test("LiveOutput: a failure shows its message, an error of the test also where", async () => {
  const text = await watch({ verbose: false, color: false }, async (_journal, output) => {
    output.failed(
      "one",
      1_000,
      new Error("wrapped", { cause: new AppError("DRIVER_TIMEOUT", "Wait: not within 3 s\nline two") }),
    );
    output.failed("two", 1_000, new Error("wrapped", { cause: new Error("plain") }));
  });
  assert.match(text, /^✗ one N s\n {4}Wait: not within N s\n {4}line two\n✗ two/);
  assert.match(text, / {4}Error: plain\n {8}at /);
});

test("LiveOutput: progress is replaced on a terminal and rare elsewhere", async () => {
  const build = async (journal: Journal): Promise<void> => {
    journal.progress("build a (0/2)");
    journal.progress("build b (1/2)");
    journal.note("accelerator: x");
  };
  assert.equal(await watch({ verbose: false, color: false }, build), "web\n  build a (0/2)\n  accelerator: x\n");
  const terminal = await watch({ verbose: false, color: true }, build);
  assert.ok(terminal.includes("\r\u001b[2K  \u001b[2mbuild b (1/2)\u001b[0m\r\u001b[2K"));
});
