import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type NarHandler, NarReader } from "./nar-reader.ts";
import { createNarRestorer } from "./nar-restorer.ts";
import { narString } from "./nar-tokens.ts";
import { hashTree, writeNar } from "./nar-writer.ts";

function withTree(body: (folder: string, tree: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "firn-nar-"));
  try {
    const tree = join(folder, "tree");
    mkdirSync(join(tree, "empty"), { recursive: true });
    mkdirSync(join(tree, "sub", "deeper"), { recursive: true });
    writeFileSync(join(tree, "sub", "run"), "#!/bin/sh\n");
    chmodSync(join(tree, "sub", "run"), 0o755);
    writeFileSync(join(tree, "sub", "deeper", "nothing"), "");
    writeFileSync(join(tree, "large"), Buffer.alloc(700_001, "x"));
    writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff, 0xe9])]), "odd name");
    mkdirSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xfe])]));
    writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xfe]), Buffer.from("/x")]), "inside");
    writeFileSync(join(tree, "A"), "12345678");
    writeFileSync(join(tree, "a b"), "1");
    symlinkSync("../no where", join(tree, "sub", "link"));
    body(folder, tree);
  } finally {
    execFileSync("chmod", ["-R", "u+w", folder]);
    rmSync(folder, { recursive: true });
  }
}

function narOf(path: string): Buffer {
  const chunks: Buffer[] = [];
  writeNar(path, (chunk) => chunks.push(Buffer.from(chunk)));
  return Buffer.concat(chunks);
}

function restore(nar: Uint8Array, path: string, pieceBytes: number, canonical: boolean): void {
  const restorer = createNarRestorer(path, { canonical });
  try {
    for (let i = 0; i < nar.length; i += pieceBytes) restorer.write(nar.subarray(i, i + pieceBytes));
    restorer.end();
  } finally {
    restorer.close();
  }
}

test("writeNar and createNarRestorer are inverse, in pieces of any size", () => {
  withTree((folder, tree) => {
    const nar = narOf(tree);
    for (const pieceBytes of [7, 64, 4099, nar.length]) {
      const target = join(folder, `restored-${pieceBytes}`);
      restore(nar, target, pieceBytes, false);
      assert.ok(narOf(target).equals(nar), `pieces of ${pieceBytes}`);
    }
  });
});

test("createNarRestorer makes canonical modes and times when told", () => {
  withTree((folder, tree) => {
    const target = join(folder, "canonical");
    restore(narOf(tree), target, 1024, true);
    assert.equal(lstatSync(target).mode & 0o7777, 0o555);
    assert.equal(lstatSync(join(target, "A")).mode & 0o7777, 0o444);
    assert.equal(lstatSync(join(target, "sub", "run")).mode & 0o7777, 0o555);
    for (const name of ["", "A", "sub", "sub/run", "sub/link"])
      assert.equal(lstatSync(join(target, name)).mtimeMs, 1000);
  });
});

test("hashTree counts what writeNar writes, and a filter leaves out", () => {
  withTree((_, tree) => {
    assert.equal(hashTree(tree).narSizeBytes, narOf(tree).length);
    const asked: string[] = [];
    const filtered = hashTree(tree, (path, type) => {
      asked.push(`${type} ${path.slice(tree.length + 1)}`);
      return !path.endsWith("/sub");
    });
    assert.ok(filtered.narSizeBytes < narOf(tree).length);
    assert.ok(asked.includes("directory sub") && !asked.includes("regular sub/run"));
  });
});

test("writeNar refuses pipes", () => {
  withTree((_, tree) => {
    execFileSync("mkfifo", [join(tree, "pipe")]);
    assert.throws(() => narOf(tree), { code: "STORE_BAD_FILE_TYPE" });
  });
});

const SILENT: NarHandler = {
  startDirectory() {},
  endDirectory() {},
  startFile() {},
  fileData() {},
  endFile() {},
  symlink() {},
};

function read(nar: Uint8Array): void {
  const reader = new NarReader(SILENT);
  reader.write(nar);
  reader.end();
}

function words(...items: (string | Buffer)[]): Buffer {
  return Buffer.concat(items.map((item) => (typeof item === "string" ? narString(item) : item)));
}

const MAGIC = "nix-archive-1";
const FILE = words("(", "type", "regular", "contents", "hi", ")");

function folderOf(...names: string[]): Buffer {
  const entries = names.map((name) => words("entry", "(", "name", name, "node", FILE, ")"));
  return words(MAGIC, "(", "type", "directory", ...entries, ")");
}

test("NarReader accepts well-formed archives", () => {
  read(words(MAGIC, FILE));
  read(folderOf());
  read(folderOf("a", "b", "b.", "\xff"));
  read(words(MAGIC, "(", "type", "symlink", "target", "/x", ")"));
});

test("NarReader refuses hostile archives", () => {
  const hugeLength = Buffer.from("ffffffffffffff7f", "hex");
  const hostile: Readonly<Record<string, Buffer>> = {
    parent: folderOf(".."),
    itself: folderOf("."),
    slash: folderOf("a/b"),
    empty: folderOf(""),
    nul: folderOf("a\0b"),
    duplicate: folderOf("a", "a"),
    unsorted: folderOf("b", "a"),
    "long name": folderOf("x".repeat(256)),
    trailing: words(MAGIC, FILE, FILE),
    magic: words("nix-archive-2", FILE),
    "unknown type": words(MAGIC, "(", "type", "device", ")"),
    "huge contents": words(MAGIC, "(", "type", "regular", "contents", hugeLength),
    "huge word": words(MAGIC, hugeLength),
    padding: words(
      MAGIC,
      "(",
      "type",
      "regular",
      "contents",
      Buffer.from("01000000000000006100000000000001", "hex"),
      ")",
    ),
    "symlink to nothing": words(MAGIC, "(", "type", "symlink", "target", "", ")"),
    "entry without node": words(MAGIC, "(", "type", "directory", "entry", "(", "name", "a", ")", ")"),
    "executable with text": words(MAGIC, "(", "type", "regular", "executable", "x", "contents", "", ")"),
    nothing: Buffer.alloc(0),
  };
  for (const [name, nar] of Object.entries(hostile)) assert.throws(() => read(nar), { code: "STORE_BAD_NAR" }, name);
});

test("NarReader refuses an archive cut at any byte", () => {
  const nar = folderOf("a", "b");
  for (let end = 0; end < nar.length; end++) {
    assert.throws(() => read(nar.subarray(0, end)), { code: "STORE_BAD_NAR" }, `cut at ${end}`);
  }
});

test("NarReader refuses endless nesting", () => {
  const level = words("(", "type", "directory", "entry", "(", "name", "a", "node");
  const nar = Buffer.concat([words(MAGIC), ...Array.from({ length: 5000 }, () => level)]);
  assert.throws(() => read(nar), { code: "STORE_BAD_NAR" });
});

test("createNarRestorer never writes over what exists", () => {
  withTree((folder, tree) => {
    writeFileSync(join(folder, "there"), "mine");
    assert.throws(() => restore(narOf(tree), join(folder, "there"), 4096, false), { code: "EEXIST" });
  });
});
