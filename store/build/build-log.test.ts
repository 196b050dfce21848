import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { BuildLog, buildLogPath } from "./build-log.ts";

const DRV = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-hello.drv";

async function logOf(
  chunks: readonly string[],
): Promise<{ lines: string[]; phases: string[]; file: string; tail: readonly string[] }> {
  const root = mkdtempSync(join(tmpdir(), "firn-log-"));
  const [lines, phases]: [string[], string[]] = [[], []];
  const log = new BuildLog(root, DRV, { onLine: (line) => lines.push(line), onPhase: (phase) => phases.push(phase) });
  for (const chunk of chunks) log.write(Buffer.from(chunk, "latin1"));
  await log.close();
  const file = readFileSync(buildLogPath(root, DRV), "latin1");
  rmSync(root, { recursive: true });
  return { lines, phases, file, tail: log.tail };
}

test("buildLogPath is where Nix keeps logs", () => {
  assert.equal(buildLogPath("/r", DRV), "/r/nix/var/log/nix/drvs/01/23456789abcdfghijklmnpqrsvwxyz-hello.drv");
});

test("BuildLog makes lines of chunks cut anywhere", async () => {
  const text = "one\ntwo\r\n\nf\xc3\xbcnf\nlast";
  for (let cut = 0; cut <= text.length; cut += 1) {
    const { lines, file } = await logOf([text.slice(0, cut), text.slice(cut)]);
    assert.deepEqual(lines, ["one", "two", "", "f\u00fcnf", "last"], `cut at ${cut}`);
    assert.equal(file, text);
  }
});

test("BuildLog keeps the last state of a line that is redrawn", async () => {
  assert.deepEqual((await logOf(["10%\r50%\r100%\n"])).lines, ["100%"]);
});

test("BuildLog takes messages out of the lines", async () => {
  const { lines, phases } = await logOf([
    '@nix {"action":"setPhase","phase":"installPhase"}\n@nix {"action":"start","id":1}\n',
    "@nix not json\nplain @nix\n",
  ]);
  assert.deepEqual(phases, ["installPhase"]);
  assert.deepEqual(lines, ["@nix not json", "plain @nix"]);
});

test("BuildLog remembers the last 25 lines", async () => {
  const { tail } = await logOf([Array.from({ length: 200 }, (_, i) => `${i}\n`).join("")]);
  assert.deepEqual(
    tail,
    Array.from({ length: 25 }, (_, i) => String(175 + i)),
  );
});
