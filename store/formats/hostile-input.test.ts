/** Valid files, broken at random: each reader refuses them with its own error or reads them, and never does anything else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isAppError } from "../std/app-error.ts";
import { parseDerivation, serializeDerivation } from "./derivation.ts";
import { NarReader } from "./nar-reader.ts";
import { narString } from "./nar-tokens.ts";
import { parseNarInfo, printNarInfo } from "./narinfo.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const ROUNDS = 3000;

function randomSource(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** One to three small damages: a byte changed, cut out, doubled, or the end lost. */
function damage(bytes: Buffer, random: (below: number) => number): Buffer {
  let result = Buffer.from(bytes);
  for (let count = 1 + random(3); count > 0 && result.length > 0; count--) {
    const at = random(result.length);
    const length = 1 + random(16);
    const kind = random(4);
    if (kind === 0) result[at] = random(256);
    else if (kind === 1) result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)]);
    else if (kind === 2) result = Buffer.concat([result.subarray(0, at + length), result.subarray(at)]);
    else result = result.subarray(0, at);
  }
  return result;
}

function tryAll(valid: Buffer, code: RegExp, read: (bytes: Buffer) => void): void {
  const random = randomSource(SEED);
  let refused = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = damage(valid, random);
    try {
      read(bytes);
    } catch (error) {
      if (!isAppError(error) || !code.test(error.code)) throw error;
      refused++;
    }
  }
  assert.ok(refused > ROUNDS / 10, `only ${refused} refused`);
}

test("parseDerivation refuses or reads damaged derivations", (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const text = `Derive([("dev","/nix/store/a","",""),("out","/nix/store/b","r:sha256","00")],[("/nix/store/c.drv",["out","x"])],["/nix/store/d"],"x86_64-linux","/bin/sh",["-c","\\"\\n\\\\"],[("name","n"),("v","\xff\\t")])`;
  tryAll(Buffer.from(text, "latin1"), /^STORE_BAD_DERIVATION$/, (bytes) => {
    const derivation = parseDerivation(bytes.toString("latin1"));
    assert.deepEqual(parseDerivation(serializeDerivation(derivation)).args, derivation.args);
  });
});

test("NarReader refuses or reads damaged archives, whatever the pieces", (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const node = ["(", "type", "regular", "executable", "", "contents", "hello world", ")"];
  const words = ["nix-archive-1", "(", "type", "directory", "entry", "(", "name", "a", "node", ...node, ")"];
  words.push("entry", "(", "name", "b", "node", "(", "type", "symlink", "target", "/x", ")", ")", ")");
  const silent = (): void => {};
  tryAll(Buffer.concat(words.map(narString)), /^STORE_BAD_NAR$/, (bytes) => {
    const opened: string[] = [];
    const reader = new NarReader({
      startDirectory: (name) => opened.push(name),
      endDirectory: () => assert.notEqual(opened.pop(), undefined),
      startFile: (name) => assert.doesNotMatch(name, /[/\0]|^\.\.?$/),
      fileData: silent,
      endFile: silent,
      symlink: silent,
    });
    for (let i = 0; i < bytes.length; i += 13) reader.write(bytes.subarray(i, i + 13));
    reader.end();
    assert.deepEqual(opened, []);
  });
});

test("parseNarInfo refuses or reads damaged narinfos", (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const hash = "sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73";
  const name = "l8fdyqchf3dlcs4049nvzaz0n6jx9gj7-foo";
  const text = `StorePath: /nix/store/${name}\nURL: x.nar\nCompression: xz\nFileHash: ${hash}\nFileSize: 12\nNarHash: ${hash}\nNarSize: 3\nReferences: ${name}\nSig: a:b\n`;
  tryAll(Buffer.from(text), /^STORE_BAD_(NARINFO|HASH)$/, (bytes) => {
    const info = parseNarInfo(bytes.toString("latin1"));
    assert.deepEqual(parseNarInfo(printNarInfo(info)), info);
  });
});
