/** Real Nix on our store, and we on its: the layout, the schema and the hashes are shared, not only alike. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { serializeDerivation } from "../../formats/derivation.ts";
import { DerivationHasher, derivationReferences } from "../../formats/derivation-hash.ts";
import { hashTree, writeNar } from "../../formats/nar-writer.ts";
import { hashPlaceholder, makeTextPath } from "../../formats/store-path.ts";
import { openLocalStore } from "../local-store.ts";
import { REAL_NIX_MISSING, realNix, temporaryStore } from "./support/temporary-store.ts";

const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");

function makeTree(folder: string): string {
  const tree = join(folder, "tree");
  mkdirSync(join(tree, "sub", "empty"), { recursive: true });
  writeFileSync(join(tree, "sub", "run"), "#!/bin/sh\n");
  chmodSync(join(tree, "sub", "run"), 0o755);
  writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xc3, 0xa9, 0xff])]), "odd");
  symlinkSync("run", join(tree, "sub", "link"));
  return tree;
}

test("real Nix reads, verifies and collects what we wrote", { skip: REAL_NIX_MISSING }, () => {
  using env = temporaryStore();
  const tree = env.store.addPath("tree", makeTree(env.folder));
  const text = env.store.addText("text", tree, [tree]);
  const dead = env.store.addText("dead", "x", []);
  env.store.addIndirectRoot(join(env.folder, "result"), text);
  env.store.close();
  realNix("nix-store", env.root, "--verify", "--check-contents");
  const info = (query: string) => lines(realNix("nix-store", env.root, "--query", query, text));
  assert.deepEqual(info("--references"), [tree]);
  assert.deepEqual(info("--requisites"), [tree, text]);
  assert.deepEqual(lines(realNix("nix-store", env.root, "--query", "--referrers", tree)), [text]);
  assert.deepEqual(lines(realNix("nix-store", env.root, "--query", "--roots", tree)), [
    `${join(env.folder, "result")} -> ${text}`,
  ]);
  assert.deepEqual(lines(realNix("nix-store", env.root, "--gc", "--print-dead")), [dead]);
  realNix("nix-store", env.root, "--gc");
  using reopened = openForTest(env.root);
  assert.deepEqual(reopened.store.allValidPaths().sort(), [text, tree].sort());
  assert.equal(existsSync(reopened.store.physicalPath(dead)), false);
});

test("real Nix computes the same paths for the same sources", { skip: REAL_NIX_MISSING }, () => {
  using env = temporaryStore();
  const tree = makeTree(env.folder);
  const file = join(env.folder, "file");
  writeFileSync(file, "contents\n");
  const theirs = join(env.folder, "theirs");
  const nix = (...args: string[]) => realNix("nix-store", theirs, ...args).trim();
  assert.equal(env.store.addPath("tree", tree), nix("--add", tree));
  for (const hashAlgorithm of ["md5", "sha1", "sha256", "sha512"] as const) {
    const flat = env.store.addPath("file", file, { method: "flat", hashAlgorithm });
    assert.equal(flat, nix("--add-fixed", hashAlgorithm, file));
    const recursive = env.store.addPath("tree", tree, { hashAlgorithm });
    assert.equal(recursive, nix("--add-fixed", "--recursive", hashAlgorithm, tree));
  }
  using ours = openForTest(theirs);
  for (const path of ours.store.allValidPaths()) {
    const { registrationTimeS: _, ...ourInfo } = env.store.queryPathInfo(path) ?? assert.fail(path);
    const { registrationTimeS: __, ...theirInfo } = ours.store.queryPathInfo(path) ?? assert.fail(path);
    assert.deepEqual(ourInfo, theirInfo);
  }
  assert.deepEqual(env.store.verify({ checkContents: true }), []);
});

test("real Nix dumps the same bytes", { skip: REAL_NIX_MISSING }, () => {
  using env = temporaryStore();
  const tree = makeTree(env.folder);
  const chunks: Buffer[] = [];
  writeNar(tree, (chunk) => chunks.push(Buffer.from(chunk)));
  assert.ok(Buffer.concat(chunks).equals(Buffer.from(realNix("nix-store", env.root, "--dump", tree), "latin1")));
});

const EXPRESSION = `
let
  sh = args: derivation ({ system = "x86_64-linux"; builder = "/bin/sh"; } // args);
  text = builtins.toFile "text" "with \\"quotes\\", \\\\ and \\n\\t\\r";
  fixed = sh { name = "fixed"; outputHash = "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73"; outputHashAlgo = "sha256"; outputHashMode = "recursive"; };
  flat = sh { name = "flat"; outputHash = "d41d8cd98f00b204e9800998ecf8427e"; outputHashAlgo = "md5"; };
  multi = sh { name = "multi"; outputs = [ "out" "dev" "doc" ]; args = [ "-c" "echo \${builtins.placeholder "dev"} $out" ]; inherit text; };
  structured = sh { name = "structured"; __structuredAttrs = true; outputs = [ "out" "lib" ]; list = [ 1 "a" ]; };
in sh { name = "top"; inherit fixed flat structured; parts = [ multi multi.dev multi.doc structured.lib ]; }
`;

test("real Nix's derivations come out of our hasher byte for byte", { skip: REAL_NIX_MISSING }, () => {
  using env = temporaryStore();
  const expression = join(env.folder, "top.nix");
  writeFileSync(expression, EXPRESSION);
  const top = realNix("nix-instantiate", env.root, expression).trim();
  const closure = env.store.computeClosure([top]).filter((path) => path.endsWith(".drv"));
  assert.equal(closure.length, 5);
  const hasher = new DerivationHasher((drvPath) => env.store.readDerivation(drvPath));
  for (const drvPath of closure) {
    const name = drvPath.slice(44, -4);
    const derivation = env.store.readDerivation(drvPath);
    const outputs = new Map([...derivation.outputs].map(([id, output]) => [id, { ...output, path: "" }]));
    const unnamed = new Map([...derivation.env].filter(([key]) => !outputs.has(key)));
    const filled = hasher.finish(name, { ...derivation, outputs, env: unnamed }).derivation;
    assert.deepEqual([...filled.env].sort(), [...derivation.env].sort());
    const text = serializeDerivation(filled);
    assert.equal(makeTextPath(`${name}.drv`, text, derivationReferences(filled)), drvPath);
    assert.deepEqual(
      [...env.store.queryDerivationOutputs(drvPath)],
      [...filled.outputs].map(([id, { path }]) => [id, path] as const).sort(),
    );
  }
  const { args } = env.store.readDerivation(closure.find((path) => path.includes("-multi.drv")) ?? "");
  assert.ok(args[1]?.includes(hashPlaceholder("dev")));
});

test("real Nix finds our copies of its derivations valid", { skip: REAL_NIX_MISSING }, () => {
  using env = temporaryStore();
  const theirs = join(env.folder, "theirs");
  const expression = join(env.folder, "top.nix");
  writeFileSync(expression, EXPRESSION);
  const top = realNix("nix-instantiate", theirs, expression).trim();
  using source = openForTest(theirs);
  for (const path of source.store.computeClosure([top])) {
    if (path.endsWith(".drv")) env.store.addDerivation(path.slice(44, -4), source.store.readDerivation(path));
    else env.store.addText("text", 'with "quotes", \\ and \n\t\r', []);
  }
  env.store.close();
  assert.equal(realNix("nix-instantiate", env.root, expression).trim(), top);
  realNix("nix-store", env.root, "--verify", "--check-contents");
  const outputs = realNix("nix-store", env.root, "--query", "--outputs", top);
  assert.equal(outputs, realNix("nix-store", theirs, "--query", "--outputs", top));
  const { narHash } = hashTree(source.store.physicalPath(top));
  assert.equal(source.store.queryPathInfo(top)?.narHash, narHash);
});

test("our collection and real Nix's agree on what is dead", { skip: REAL_NIX_MISSING }, () => {
  using env = temporaryStore();
  const theirs = join(env.folder, "theirs");
  const expression = join(env.folder, "top.nix");
  writeFileSync(expression, EXPRESSION);
  const top = realNix("nix-instantiate", theirs, expression).trim();
  realNix("nix-store", theirs, "--add", expression);
  using ours = openForTest(theirs);
  const fixed = ours.store.computeClosure([top]).find((path) => path.includes("-multi.drv")) ?? "";
  ours.store.addIndirectRoot(join(env.folder, "result"), fixed);
  const theirDead = lines(realNix("nix-store", theirs, "--gc", "--print-dead")).sort();
  ours.store.close();
  using again = openForTest(theirs);
  const { deletedPaths, livePaths } = again.store.collectGarbage({ dryRun: true });
  const theirLive = lines(realNix("nix-store", theirs, "--gc", "--print-live")).sort();
  assert.deepEqual([...livePaths].sort(), theirLive);
  // Ours was open for theirs, with a temporary root on what it had made a root of.
  assert.deepEqual([...deletedPaths].sort(), theirDead);
  again.store.collectGarbage();
  realNix("nix-store", theirs, "--verify", "--check-contents");
});

function openForTest(root: string): { readonly store: ReturnType<typeof openLocalStore> } & Disposable {
  const store = openLocalStore({ root });
  return { store, [Symbol.dispose]: () => store.close() };
}
