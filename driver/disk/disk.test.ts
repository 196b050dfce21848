import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findProgram } from "../host/find-program.ts";
import { cachedImage } from "./image-cache.ts";
import { createRootDisk } from "./root-disk.ts";
import { storeImage } from "./store-image.ts";

const missing = ["mkfs.erofs", "fsck.erofs", "mke2fs", "dumpe2fs", "qemu-img", "blkid"].filter(
  (name) => findProgram(name) === undefined,
);
const skip = missing.length > 0 ? `missing on this host: ${missing.join(", ")}` : false;

const first = "/nix/store/11111111111111111111111111111111-first";
const second = "/nix/store/22222222222222222222222222222222-second";

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "firn-test-"));
  try {
    await body(folder);
  } finally {
    execFileSync("chmod", ["-R", "u+w", folder]);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A root with two store paths, read-only as a store has them. */
function makeStore(root: string): void {
  mkdirSync(join(root, first, "bin"), { recursive: true });
  writeFileSync(join(root, first, "bin", "tool"), "#!/bin/sh\n", { mode: 0o555 });
  symlinkSync(second, join(root, first, "link"));
  chmodSync(join(root, first, "bin"), 0o555);
  chmodSync(join(root, first), 0o555);
  writeFileSync(join(root, second), "a file as a store path\n", { mode: 0o444 });
}

function run(program: string, ...args: readonly string[]): string {
  return execFileSync(findProgram(program) ?? program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

test("storeImage: a sound erofs with the label, made once for the same paths", { skip }, async () => {
  await withFolder(async (folder) => {
    makeStore(folder);
    const options = { view: { physicalRoot: folder }, folder: join(folder, "images") };
    const image = await storeImage([first, second], options);
    // Its status says whether image and checksum are sound.
    run("fsck.erofs", image);
    assert.equal(run("blkid", "-o", "value", "-s", "LABEL", image).trim(), "nix-store");
    assert.equal(await storeImage([second, first, first], options), image);
    assert.notEqual(await storeImage([first], options), image);
    assert.equal(readdirSync(options.folder).length, 2);
  });
});

test("storeImage: two drivers at once get the same whole image", { skip }, async () => {
  await withFolder(async (folder) => {
    makeStore(folder);
    const options = { view: { physicalRoot: folder }, folder: join(folder, "images") };
    const images = await Promise.all([1, 2, 3].map(() => storeImage([first, second], options)));
    assert.equal(new Set(images).size, 1);
    assert.equal(readdirSync(options.folder).length, 1);
    run("fsck.erofs", images[0] ?? "");
  });
});

test("storeImage: a path that is gone is named", { skip }, async () => {
  await withFolder(async (folder) => {
    const options = { view: { physicalRoot: folder }, folder: join(folder, "images") };
    await assert.rejects(storeImage([first], options), { code: "DRIVER_STORE_PATH", message: new RegExp(first) });
    assert.deepEqual(readdirSync(options.folder), []);
  });
});

test("createRootDisk: a qcow2 over an ext4 with the label, formatted once for its size", { skip }, async () => {
  await withFolder(async (folder) => {
    const options = { sizeMib: 64, imagesFolder: join(folder, "images") };
    await createRootDisk(join(folder, "one.qcow2"), options);
    await createRootDisk(join(folder, "two.qcow2"), options);
    const [base = "", ...others] = readdirSync(options.imagesFolder);
    assert.deepEqual(others, []);
    assert.match(run("dumpe2fs", "-h", join(options.imagesFolder, base)), /Filesystem volume name: +nixos/);
    const info = JSON.parse(run("qemu-img", "info", "--output=json", join(folder, "two.qcow2")));
    assert.equal(info["virtual-size"], 64 * 1024 * 1024);
    assert.equal(info["backing-filename"], join(options.imagesFolder, base));
  });
});

test("cachedImage: a maker that fails leaves nothing", async () => {
  await withFolder(async (folder) => {
    const failing = cachedImage(folder, "x", async (path) => {
      writeFileSync(path, "half");
      throw new Error("disk full");
    });
    await assert.rejects(failing, /disk full/);
    assert.deepEqual(readdirSync(folder), []);
    const made = await cachedImage(folder, "x", async (path) => writeFileSync(path, "whole"));
    const again = await cachedImage(folder, "x", () => assert.fail("made twice"));
    assert.deepEqual([made.isNew, again.isNew], [true, false]);
  });
});
