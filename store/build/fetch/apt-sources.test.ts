import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIndexTargets, parseUpdateUris } from "./apt-sources.ts";

test("parseIndexTargets takes what Debian signs", () => {
  const text =
    "http://a.test/debian\tDebian\nhttp://a.test/debian-security/\tDebian\nhttp://b.test/tool\tTool\nhttp://c.test/x\t\n";
  assert.deepEqual(parseIndexTargets(text), ["http://a.test/debian", "http://a.test/debian-security"]);
});

test("parseUpdateUris goes by the names of the suites", () => {
  const text = `'http://a.test/debian/dists/bookworm/InRelease' a 0
'http://a.test/debian/dists/bookworm-updates/InRelease' a 0
'mirror+file:/etc/apt/mirrors/x.list/dists/trixie-security/InRelease' m 0
'https://b.test/node/dists/nodistro/InRelease' b 0
'http://a.test/debian/dists/bookworm/main/binary-amd64/Packages.xz' p 0
`;
  const archives = ["http://a.test/debian", "http://a.test/debian", "mirror+file:/etc/apt/mirrors/x.list"];
  assert.deepEqual(parseUpdateUris(text), archives);
});
