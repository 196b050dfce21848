import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, test } from "node:test";
import { mergeTrees, type Source } from "./merge-trees.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const everything = { pathsToLink: ["/"], ignoreCollisions: false, linkFilesOnly: false };

function source(files: Record<string, string>, priority = 5): Source {
  const path = mkdtempSync(join(tmpdir(), "merge-trees-"));
  folders.push(path);
  for (const [place, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, place)), { recursive: true });
    writeFileSync(join(path, place), text);
  }
  return { path, priority };
}

test("mergeTrees links a folder as one where only one source has it, and opens it where several do", () => {
  const [a, b] = [source({ "bin/a": "", "share/a/x": "" }), source({ "bin/b": "" })];
  const merged = mergeTrees([a, b], everything);
  assert.deepEqual(merged.folders, ["/bin"]);
  assert.deepEqual(
    [...merged.links],
    [
      ["/bin/a", `${a.path}/bin/a`],
      ["/bin/b", `${b.path}/bin/b`],
      ["/share", `${a.path}/share`],
    ],
  );
});

test("mergeTrees reports different files at one place, and accepts equal ones", () => {
  const [a, b] = [source({ same: "1", other: "1" }), source({ same: "1", other: "2" })];
  const { conflicts } = mergeTrees([a, b], everything);
  assert.deepEqual(conflicts, [`/other: '${a.path}/other' and '${b.path}/other'`]);
  assert.deepEqual(mergeTrees([a, b], { ...everything, ignoreCollisions: true }).conflicts, []);
});

test("mergeTrees prefers the better priority", () => {
  const [a, b] = [source({ x: "1" }), source({ x: "2" }, 4)];
  const merged = mergeTrees([a, b], everything);
  assert.deepEqual([merged.conflicts, merged.links.get("/x")], [[], `${b.path}/x`]);
});

test("mergeTrees links only what is asked for", () => {
  const a = source({ "bin/a": "", "share/man/m": "", "share/doc/d": "", "etc/e": "" });
  const merged = mergeTrees([a], { ...everything, pathsToLink: ["/bin", "/share/man", "/share/fonts"] });
  assert.deepEqual([...merged.links.keys()], ["/bin", "/share/man"]);
  assert.deepEqual(merged.folders, ["/share"]);
  assert.deepEqual(mergeTrees([a], { ...everything, pathsToLink: ["/lib/x"] }).folders, []);
});

test("mergeTrees makes every folder when only files are to be links", () => {
  const a = source({ "share/a/x": "" });
  const merged = mergeTrees([a], { ...everything, linkFilesOnly: true });
  assert.deepEqual([merged.folders, [...merged.links.keys()]], [["/share", "/share/a"], ["/share/a/x"]]);
});
