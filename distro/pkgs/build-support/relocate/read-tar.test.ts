import assert from "node:assert/strict";
import { test } from "node:test";
import { readTar } from "./read-tar.ts";

interface Member {
  readonly name: string;
  readonly kind: string;
  readonly contents?: string;
  readonly target?: string;
  readonly mode?: number;
}

/** One member of a GNU tar archive: header, contents, padding. */
function member({ name, kind, contents = "", target = "", mode = 0o644 }: Member): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write(mode.toString(8).padStart(7, "0"), 100);
  header.write(contents.length.toString(8).padStart(11, "0"), 124);
  header.write(kind, 156);
  header.write(target, 157, 100);
  header.write("ustar  \0", 257);
  const body = Buffer.alloc(Math.ceil(contents.length / 512) * 512);
  body.write(contents);
  return Buffer.concat([header, body]);
}

function archive(...members: Member[]): Buffer {
  return Buffer.concat([...members.map(member), Buffer.alloc(1024)]);
}

test("readTar yields files, folders and links with clean paths", () => {
  const entries = [
    ...readTar(
      archive(
        { name: "./", kind: "5" },
        { name: "./usr/bin/", kind: "5" },
        { name: "./usr/bin/a", kind: "0", contents: "x".repeat(600), mode: 0o755 },
        { name: "./usr/bin/b", kind: "2", target: "a" },
        { name: "./usr/bin/c", kind: "1", target: "./usr/bin/a" },
        { name: "./dev/null", kind: "3" },
      ),
    ),
  ];
  assert.deepEqual(
    entries.map((entry) => (entry.type === "file" ? { ...entry, contents: entry.contents.length } : entry)),
    [
      { type: "directory", path: "usr/bin" },
      { type: "file", path: "usr/bin/a", executable: true, contents: 600 },
      { type: "symlink", path: "usr/bin/b", target: "a" },
      { type: "hardlink", path: "usr/bin/c", target: "usr/bin/a" },
    ],
  );
});

test("readTar takes GNU's long names for the next member only", () => {
  const long = `./${"d/".repeat(80)}file`;
  const entries = [
    ...readTar(
      archive(
        { name: "././@LongLink", kind: "L", contents: `${long}\0` },
        { name: "cut off", kind: "0", contents: "1" },
        { name: "././@LongLink", kind: "K", contents: `${"t".repeat(120)}\0` },
        { name: "link", kind: "2", target: "t" },
        { name: "short", kind: "0" },
      ),
    ),
  ];
  assert.deepEqual(
    entries.map(({ path }) => path),
    [long.slice(2), "link", "short"],
  );
  assert.equal(entries[1]?.type === "symlink" && entries[1].target, "t".repeat(120));
});

test("readTar takes pax headers", () => {
  const record = (key: string, value: string): string => {
    const rest = ` ${key}=${value}\n`;
    const length = rest.length + String(rest.length + 2).length;
    return `${length}${rest}`;
  };
  const [entry] = readTar(
    archive({ name: "pax", kind: "x", contents: record("path", "a/lüng/näme") }, { name: "cut", kind: "0" }),
  );
  assert.match(entry?.path ?? "", /^a\/l/);
});
