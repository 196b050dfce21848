import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SerialLog } from "./serial-log.ts";

test("SerialLog: lines are whole and clean, the file has every byte", async () => {
  const folder = mkdtempSync(join(tmpdir(), "firn-test-"));
  try {
    const log = new SerialLog(join(folder, "serial.log"));
    const lines: string[] = [];
    log.lines$.subscribe(({ text }) => lines.push(text));
    const euro = Buffer.from("€");
    log.write(Buffer.from("\u001b[32mone\u001b[0m\r\ntw"));
    log.write(Buffer.concat([Buffer.from("o "), euro.subarray(0, 2)]));
    log.write(Buffer.concat([euro.subarray(2), Buffer.from("\r\nlogin: ")]));
    assert.deepEqual(lines, ["one", "two €"]);
    assert.deepEqual(log.tail(2), ["two €", "login: "]);
    await log.close();
    assert.deepEqual(lines, ["one", "two €", "login: "]);
    assert.equal(readFileSync(join(folder, "serial.log"), "utf8"), "\u001b[32mone\u001b[0m\r\ntwo €\r\nlogin: ");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("SerialLog: a flood does not fill the memory", () => {
  const log = new SerialLog(undefined);
  const chunk = Buffer.alloc(1024 * 1024, "x");
  for (let index = 0; index < 100; index += 1) log.write(chunk);
  assert.equal(log.sizeBytes, 100 * 1024 * 1024);
  assert.ok(log.recentText.length <= 9 * 1024 * 1024);
});
