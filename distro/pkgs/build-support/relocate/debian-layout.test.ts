import assert from "node:assert/strict";
import { test } from "node:test";
import { isDropped, isMachinePath, placeOf } from "./debian-layout.ts";

test("placeOf flattens usr, the triplet, sbin and lib64", () => {
  const places: [string, string][] = [
    ["usr/bin/env", "bin/env"],
    ["/usr/sbin/sshd", "bin/sshd"],
    ["sbin", "bin"],
    ["lib/x86_64-linux-gnu/libc.so.6", "lib/libc.so.6"],
    ["usr/lib/aarch64-linux-gnu", "lib"],
    ["lib64/ld-linux-x86-64.so.2", "lib/ld-linux-x86-64.so.2"],
    ["usr/include/x86_64-linux-gnu/sys/types.h", "include/sys/types.h"],
    ["usr/lib/gcc/x86_64-linux-gnu/12/cc1", "lib/gcc/x86_64-linux-gnu/12/cc1"],
    ["usr", ""],
    ["usr/library", "library"],
    ["etc/nginx", "etc/nginx"],
  ];
  for (const [path, place] of places) assert.equal(placeOf(path, {}), place, path);
});

test("placeOf moves a folder with all below it, and no other that starts like it", () => {
  const moves = { "lib/systemd/system": "example/systemd/system" };
  assert.equal(placeOf("usr/lib/systemd/system/a.service", moves), "example/systemd/system/a.service");
  assert.equal(placeOf("lib/systemd/system", moves), "example/systemd/system");
  assert.equal(placeOf("lib/systemd/system-generators/g", moves), "lib/systemd/system-generators/g");
});

test("isDropped drops what only a reader needs", () => {
  assert.ok(isDropped("usr/share/man/man1/ls.1.gz"));
  assert.ok(isDropped("var/lib/dpkg"));
  assert.ok(isDropped("etc/init.d/nginx"));
  assert.ok(!isDropped("usr/share/manual"));
  assert.ok(!isDropped("etc/initramfs"));
});

test("isMachinePath tells the running machine from packages", () => {
  assert.ok(isMachinePath("/etc/passwd") && isMachinePath("/run"));
  assert.ok(!isMachinePath("/usr/bin/x") && !isMachinePath("/etcetera"));
});
