import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePackageIndex } from "./package-index.ts";
import { cutCycles, resolveSeeds } from "./resolve-seeds.ts";

const index = parsePackageIndex(`Package: libc6
Version: 2.36-9
Architecture: amd64
Depends: libgcc-s1
Filename: pool/libc6.deb
Size: 10
SHA256: aa

Package: libgcc-s1
Depends: libc6 (>= 2.35), gcc-base (= 12)

Package: bash
Pre-Depends: libc6 (>= 2.36)
Depends: awk | perl, debconf (>= 0.5) | debconf-2.0

Package: mawk
Provides: awk
Depends: libc6

Package: gawk
Provides: awk
Depends: libc6
`);

const rules = { ignored: new Set(["debconf", "gcc-base"]), cut: new Map([["libc6", new Set(["libgcc-s1"])]]) };

test("parsePackageIndex reads fields and alternatives", () => {
  const libc = index.packages.get("libc6");
  assert.deepEqual([libc?.version, libc?.sizeBytes, libc?.sha256], ["2.36-9", 10, "aa"]);
  assert.deepEqual(index.packages.get("bash")?.depends, [["libc6"], ["awk", "perl"], ["debconf", "debconf-2.0"]]);
  assert.deepEqual(index.providers.get("awk"), ["gawk", "mawk"]);
});

test("resolveSeeds takes the closure, ignores and cuts by name, and takes the first provider of a virtual name", () => {
  const resolved = resolveSeeds(index, ["bash", "libgcc-s1"], rules);
  assert.deepEqual(
    [...resolved],
    [
      ["bash", ["gawk", "libc6"]],
      ["gawk", ["libc6"]],
      ["libc6", []],
      ["libgcc-s1", ["libc6"]],
    ],
  );
});

test("resolveSeeds prefers a provider that is taken anyway", () => {
  assert.deepEqual(resolveSeeds(index, ["mawk", "bash"], rules).get("bash"), ["libc6", "mawk"]);
});

test("resolveSeeds names a root that does not exist", () => {
  assert.throws(() => resolveSeeds(index, ["bsh"], rules), { code: "SEEDS_NO_PACKAGE" });
});

test("cutCycles drops the closing edge, whatever the order of insertion", () => {
  const edges: [string, string[]][] = [
    ["b", ["c"]],
    ["c", ["a"]],
    ["a", ["b"]],
  ];
  const expected = [
    ["a", ["b"]],
    ["b", ["c"]],
    ["c", []],
  ];
  assert.deepEqual([...cutCycles(new Map(edges))], expected);
  assert.deepEqual([...cutCycles(new Map(edges.reverse()))], expected);
});
