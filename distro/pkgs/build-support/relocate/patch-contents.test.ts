import assert from "node:assert/strict";
import { test } from "node:test";
import type { PackageTree } from "./package-tree.ts";
import { patchBytes, patchTexts } from "./patch-contents.ts";

function treeWith(text: string, isElf: boolean): PackageTree {
  const contents = Buffer.from(`${isElf ? "\x7fELF" : "text"}${text}`.padEnd(64, "\0"), "latin1");
  return { files: new Map([["f", { contents, executable: false }]]), links: new Map() };
}
const textOf = (tree: PackageTree): string =>
  tree.files.get("f")?.contents.toString("latin1").replace(/\0+$/, "") ?? "";

test("patchBytes replaces every place, except after the named texts", () => {
  const tree = treeWith("/lib/systemd/a /var/lib/systemd /usr/lib/systemd", true);
  patchBytes(tree, [{ from: "/lib/systemd", to: "/run/s/lib//", unlessAfter: ["/var"] }]);
  assert.equal(textOf(tree), "\x7fELF/run/s/lib///a /var/lib/systemd /usr/run/s/lib//");
});

test("patchBytes refuses other lengths, and texts that are nowhere in ELF files", () => {
  assert.throws(() => patchBytes(treeWith("abc", true), [{ from: "abc", to: "ab" }]), /lengths differ/);
  assert.throws(() => patchBytes(treeWith("abc", false), [{ from: "abc", to: "xyz" }]), /no program or library/);
});

test("patchTexts replaces in one file, and refuses a text that is not there", () => {
  const tree = treeWith(" a a", false);
  patchTexts(tree, [{ file: "f", from: " a", to: "-b" }]);
  assert.equal(textOf(tree), "text-b-b");
  assert.throws(() => patchTexts(tree, [{ file: "f", from: "none", to: "" }]), /it is not there/);
});
