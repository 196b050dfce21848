import assert from "node:assert/strict";
import { test } from "node:test";
import { closestNames, didYouMean, editDistance } from "./edit-distance.ts";

test("editDistance counts insertions, removals and replacements", () => {
  assert.equal(editDistance("kitten", "sitting"), 3);
  assert.equal(editDistance("", "abc"), 3);
  assert.equal(editDistance("same", "same"), 0);
});

test("closestNames gives the nearest first and never a wholly different name", () => {
  assert.deepEqual(closestNames("enabel", ["package", "enable", "enabled", "label"]), ["enable", "enabled", "label"]);
  assert.deepEqual(closestNames("a", ["b", "ab"]), ["ab"]);
});

test("didYouMean words its question", () => {
  assert.equal(didYouMean("foo", ["bar"]), undefined);
  assert.equal(didYouMean("pkg", ["pkgs"]), "Did you mean 'pkgs'?");
  assert.equal(didYouMean("lib", ["libs", "lb", "lid"]), "Did you mean 'lb', 'libs' or 'lid'?");
});
