import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readDynamicObject } from "./elf.ts";

test("readDynamicObject reads this very Node: its interpreter and the C library", () => {
  const node = readDynamicObject(readFileSync(process.execPath));
  assert.match(node?.interpreter ?? "", /\/ld-linux.*\.so\.\d$/);
  assert.ok(node?.needed.includes("libc.so.6"), `needed: ${node?.needed.join(" ")}`);
});

test("readDynamicObject gives null for what is no dynamic object", () => {
  assert.equal(readDynamicObject(Buffer.from("#!/bin/sh\n")), null);
  const relocatable = Buffer.alloc(64);
  relocatable.write("\x7fELF\x02\x01\x01", "latin1");
  assert.equal(readDynamicObject(relocatable), null);
});

test("readDynamicObject reads 32-bit objects", () => {
  const object = Buffer.alloc(0x200);
  object.write("\x7fELF\x01\x01\x01", "latin1");
  object.writeUInt32LE(52, 28); // program headers
  object.writeUInt16LE(32, 42);
  object.writeUInt16LE(2, 44);
  object.writeUInt32LE(1, 52); // PT_LOAD: address 0x1000 is file offset 0
  object.writeUInt32LE(0x1000, 52 + 8);
  object.writeUInt32LE(0x200, 52 + 16);
  object.writeUInt32LE(2, 84); // PT_DYNAMIC at 0x100
  object.writeUInt32LE(0x100, 84 + 4);
  object.writeUInt32LE(24, 84 + 16);
  object.writeUInt32LE(1, 0x100); // DT_NEEDED: string 1
  object.writeUInt32LE(1, 0x104);
  object.writeUInt32LE(5, 0x108); // DT_STRTAB
  object.writeUInt32LE(0x1180, 0x10c);
  object.write("\0libx.so.1\0", 0x180, "latin1");
  assert.deepEqual(readDynamicObject(object), { interpreter: null, needed: ["libx.so.1"], hasRunPath: false });
});
