import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNarInfo, printNarInfo } from "./narinfo.ts";

const HASH = "sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73";
const TEXT = `StorePath: /nix/store/l8fdyqchf3dlcs4049nvzaz0n6jx9gj7-foo
URL: nar/x.nar.zst
Compression: zstd
FileHash: ${HASH}
FileSize: 12
NarHash: ${HASH}
NarSize: 345
References: 4vavzfhm22ca4g26mf3ch96sp5gckmrf-fix l8fdyqchf3dlcs4049nvzaz0n6jx9gj7-foo
Deriver: 6fbvgg2f32x0926kb5wn1m1cvxb7d5wx-foo.drv
Sig: a:b
Sig: c:d
CA: fixed:r:${HASH}
`;

test("printNarInfo gives back what parseNarInfo read", () => {
  assert.equal(printNarInfo(parseNarInfo(TEXT)), TEXT);
});

test("parseNarInfo reads a narinfo without optional fields", () => {
  const text = `StorePath: /nix/store/l8fdyqchf3dlcs4049nvzaz0n6jx9gj7-foo\nURL: x\nNarHash: ${HASH}\nNarSize: 1\nReferences: \n`;
  const info = parseNarInfo(text);
  assert.deepEqual(
    [info.compression, info.deriver, info.fileHash, info.ca, info.references, info.signatures],
    ["bzip2", null, null, null, [], []],
  );
});

test("parseNarInfo refuses what is missing, doubled or malformed", () => {
  const changes: readonly [string, string][] = [
    ["StorePath: /nix/store/l8", "StorePath: /nix/store/../l8"],
    ["URL: nar/x.nar.zst\n", ""],
    [`NarHash: ${HASH}\n`, ""],
    ["NarSize: 345", "NarSize: -1"],
    ["NarSize: 345", "NarSize: 99999999999999999999"],
    ["Deriver: ", "Deriver: ../"],
    ["References: ", "References: x "],
    ["Compression: zstd", "Compression zstd"],
    ["FileSize: 12", "NarSize: 12"],
  ];
  for (const [from, to] of changes) {
    assert.throws(() => parseNarInfo(TEXT.replace(from, to)), { code: "STORE_BAD_NARINFO" }, `${from} -> ${to}`);
  }
});
