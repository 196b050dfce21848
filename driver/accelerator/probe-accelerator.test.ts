import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findProgram } from "../host/find-program.ts";
import { probeAccelerator, runProbe } from "./probe-accelerator.ts";
import { probeGuestImage } from "./probe-guest.ts";

const skip = findProgram("qemu-system-x86_64") === undefined ? "QEMU is not installed" : false;

test("probeGuestImage: the reset vector jumps to the first instruction", () => {
  const image = probeGuestImage();
  assert.equal(image.length, 65_536);
  assert.equal(image[0xfff0], 0xe9);
  assert.equal((0xfff3 + image.readUInt16LE(0xfff1)) & 0xffff, 0);
  assert.equal(image[0], 0xfa);
});

test("runProbe: the guest runs to its end under TCG", { skip }, async () => {
  assert.deepEqual(await runProbe("tcg", "Nehalem"), { passed: true, reason: "exit status 85" });
});

test("probeAccelerator: the answer is kept for this boot of the host", { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "firn-test-"));
  try {
    const first = await probeAccelerator("Nehalem", folder);
    assert.match(first.reason, /^(KVM|TCG): /);
    const file = join(folder, "accelerator.json");
    writeFileSync(file, readFileSync(file, "utf8").replace(first.reason, "TCG: kept"));
    assert.equal((await probeAccelerator("Nehalem", folder)).reason, "TCG: kept");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
