import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tempFolder } from "../tests/temp-folder.ts";
import { readProducts } from "./products.ts";
import { readStoreFile, resolveInStore } from "./store-files.ts";

/** A store of one output with `files`; `-> x` makes a link. */
function withStore(
  files: Readonly<Record<string, string>>,
  check: (store: Parameters<typeof readStoreFile>[0]) => void,
) {
  using root = tempFolder("store-files");
  for (const [name, contents] of Object.entries(files)) {
    const path = join(root.path, "nix/store", name);
    mkdirSync(join(path, ".."), { recursive: true });
    if (contents.startsWith("-> ")) {
      symlinkSync(contents.slice(3), path);
    } else {
      writeFileSync(path, contents);
    }
  }
  check({ storeDir: "/nix/store", physicalPath: (path) => join(root.path, path) });
}

test("readStoreFile follows links that name logical paths", () => {
  const files = {
    "a/file": "text",
    "b/relative": "-> ../a/file",
    "b/absolute": "-> /nix/store/a/file",
    c: "-> /nix/store/b",
  };
  withStore(files, (store) => {
    for (const path of ["a/file", "b/relative", "b/absolute", "c/absolute", "c/../a/file"]) {
      assert.equal(readStoreFile(store, `/nix/store/${path}`)?.toString(), "text", path);
    }
    assert.equal(resolveInStore(store, "/nix/store/c/relative"), "/nix/store/a/file");
  });
});

test("readStoreFile finds nothing outside of the store", () => {
  const files = {
    "a/out": "-> /etc/passwd",
    "a/up": "-> ../../../../../../../../etc/passwd",
    "a/store": "-> /nix/store",
    "a/loop": "-> /nix/store/a/loop",
  };
  withStore(files, (store) => {
    for (const path of [
      "/etc/passwd",
      "/nix/store",
      "/nix/store/../../etc/passwd",
      ...Object.keys(files).map((name) => `/nix/store/${name}`),
    ]) {
      assert.equal(readStoreFile(store, path), null, path);
    }
  });
});

test("readStoreFile finds nothing below a file, in a folder's place, or where nothing is", () => {
  withStore({ file: "text", "folder/x": "" }, (store) => {
    for (const path of ["file/nix-support/failed", "folder", "nothing", "nothing/below"]) {
      assert.equal(readStoreFile(store, `/nix/store/${path}`), null, path);
    }
  });
});

test("readProducts reads lines with quotes, defaults and empty subtypes, and passes over what is not there", () => {
  const listing = [
    "channel - /nix/store/o/nixexprs.tar.xz",
    'report html "/nix/store/o/a report" index.html',
    "file none /nix/store/o/missing",
    "nonsense",
    "file x /etc/passwd",
    "",
  ].join("\n");
  const files = {
    "o/nix-support/hydra-build-products": listing,
    "o/nixexprs.tar.xz": "abc",
    "o/a report/index.html": "",
  };
  withStore(files, (store) => {
    assert.deepEqual(readProducts(store, { out: "/nix/store/o" }), [
      {
        type: "channel",
        subtype: "",
        name: "nixexprs.tar.xz",
        path: "/nix/store/o/nixexprs.tar.xz",
        sizeBytes: 3,
        sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      },
      {
        type: "report",
        subtype: "html",
        name: "a report",
        path: "/nix/store/o/a report",
        sizeBytes: null,
        sha256: null,
      },
    ]);
  });
});
