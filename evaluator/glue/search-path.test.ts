import assert from "node:assert/strict";
import { test } from "node:test";
import { makeSearchPath, splitNixPath } from "./search-path.ts";

test("splitNixPath: colons of URLs do not separate", () => {
  assert.deepEqual(splitNixPath("a=/x:/y:nixpkgs=https://example.org/z.tar:b=."), [
    "a=/x",
    "/y",
    "nixpkgs=https://example.org/z.tar",
    "b=.",
  ]);
});

test("splitNixPath: the first colon of a channel or a flake belongs to it", () => {
  assert.deepEqual(splitNixPath("channel:a:x=flake:nixpkgs:y=channel:b:myflake:c"), [
    "channel:a",
    "x=flake:nixpkgs",
    "y=channel:b",
    "myflake",
    "c",
  ]);
});

test("makeSearchPath: -I first, then NIX_PATH; relative paths are resolved", () => {
  const entries = makeSearchPath(["nixpkgs=./tree"], "/etc:x=../y", "/home/me");
  assert.deepEqual(entries, [
    { prefix: "nixpkgs", path: "/home/me/tree" },
    { prefix: "", path: "/etc" },
    { prefix: "x", path: "/home/y" },
  ]);
});
