import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalPath } from "./canonical-path.ts";

test("canonicalPath: removes dots, doubled and trailing slashes", () => {
  const cases: readonly [string, string][] = [
    ["/", "/"],
    ["/a/b", "/a/b"],
    ["/a//b/./c/", "/a/b/c"],
    ["/a/../../b", "/b"],
    ["/..", "/"],
    ["/a/.hidden/..x", "/a/.hidden/..x"],
  ];
  for (const [path, expected] of cases) assert.equal(canonicalPath(path), expected);
  assert.equal(canonicalPath("../x", "/a/b"), "/a/x");
});
