import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseMirror, debianMirror } from "./debian-mirror.ts";

test("chooseMirror takes the archive that says it is Debian's", () => {
  const lines = "https://vendor.test/debian/\tVendor\tVendor\nhttp://mirror.test/d/\tDebian\tDebian\n";
  assert.equal(chooseMirror(lines), "http://mirror.test/d");
});

test("chooseMirror goes by the path where no index was fetched yet", () => {
  assert.equal(chooseMirror("http://m.test/security/\t\t\nhttp://m.test/debian/\t\t"), "http://m.test/debian");
  assert.equal(chooseMirror(""), null);
});

test("debianMirror prefers the environment variable", async () => {
  assert.equal(
    await debianMirror({ FIRN_MIRROR_DEBIAN: "http://m.test/debian/ http://n.test/security" }),
    "http://m.test/debian",
  );
});
