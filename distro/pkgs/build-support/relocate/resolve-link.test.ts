import assert from "node:assert/strict";
import { test } from "node:test";
import { buildPackageTree } from "./package-tree.ts";
import { createPathFinder } from "./path-finder.ts";
import { resolveLink } from "./resolve-link.ts";

const out = "/nix/store/x-pkg";
const contents = Buffer.alloc(0);
const file = (path: string) => ({ type: "file", path, executable: false, contents }) as const;
const tree = buildPackageTree(
  [file("usr/lib/x86_64-linux-gnu/liba.so.1"), file("usr/bin/tool"), file("etc/conf/real")],
  { remove: [], moves: {} },
);
const finder = createPathFinder(out, tree, []);
const resolve = (place: string, debianPath: string, target: string): string | null =>
  resolveLink(place, { debianPath, target }, out, finder);

test("resolveLink keeps links within the package relative, wherever flattening puts them", () => {
  assert.equal(resolve("lib/liba.so", "/usr/lib/x86_64-linux-gnu/liba.so", "liba.so.1"), "liba.so.1");
  assert.equal(resolve("lib/liba.so", "/usr/lib/liba.so", "/usr/lib/x86_64-linux-gnu/liba.so.1"), "liba.so.1");
  assert.equal(resolve("lib/x/t", "/usr/lib/x/t", "../../bin/tool"), "../../bin/tool");
  assert.equal(resolve("bin/t", "/sbin/t", "/usr/bin/tool"), "tool");
});

test("resolveLink keeps links into the running machine, and drops what leads nowhere", () => {
  assert.equal(resolve("share/x", "/usr/share/x", "/var/lib/x"), "/var/lib/x");
  assert.equal(resolve("bin/t", "/usr/bin/t", "/etc/alternatives/t"), "/etc/alternatives/t");
  assert.equal(resolve("bin/t", "/usr/bin/t", "/usr/bin/none"), null);
  assert.equal(resolve("bin/tool2", "/bin/tool2", "tool2"), null);
});
