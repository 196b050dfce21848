/**
 * The same derivations built by us and by real Nix in its own sandbox: same contents, same references, same database.
 * Scripts end in a builtin of the shell: Nix 2.8 kills a builder as soon as its outputs are closed, and programs of
 * coreutils close theirs a moment before they end.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { formatHash, hashBytes } from "../formats/hash.ts";
import { openLocalStore } from "../local/local-store.ts";
import type { LocalStore } from "../local/store-interface.ts";
import { BuildWorkshop } from "./build-workshop.ts";

const NIX_OPTIONS = ["build-users-group", "", "sandbox", "true", "substitute", "false", "cores", "2"];
const nixVersion = /(\d+\.\d+)\S*\s*$/.exec(
  spawnSync("nix-store", ["--version"], { encoding: "utf8" }).stdout ?? "",
)?.[1];
const skip = nixVersion === undefined ? "real Nix is not installed" : false;
/** What is in the sandbox beside the inputs (/etc, /bin/sh, modes) is compared with the version that ours follows. */
const skipWorld =
  skip || (nixVersion === "2.8" ? false : `the sandbox of Nix ${nixVersion} differs from that of 2.8 in details`);

function nixStore(root: string, args: readonly string[], input?: Buffer): Buffer {
  const options = NIX_OPTIONS.flatMap((word, i) => (i % 2 === 0 ? ["--option", word, NIX_OPTIONS[i + 1] ?? ""] : []));

  return execFileSync("nix-store", ["--store", root, ...options, ...args], {
    input: input ?? "",
    stdio: "pipe",
    maxBuffer: 2 ** 28,
  });
}

/** Real Nix builds what the workshop has, from the same `.drv` files, in a root of its own. */
function withNixBuild(shop: BuildWorkshop, drvPaths: readonly string[], check: (nix: LocalStore) => void): void {
  const root = mkdtempSync(join(tmpdir(), "firn-nix-oracle-"));
  try {
    const closure = shop.store.computeClosure(drvPaths);
    nixStore(root, ["--import"], nixStore(shop.root, ["--export", ...closure]));
    nixStore(root, ["--realise", ...drvPaths]);
    const store = openLocalStore({ root });
    check(store);
    store.close();
  } finally {
    execFileSync("chmod", ["-R", "u+w", root]);
    rmSync(root, { recursive: true, force: true });
  }
}

function assertSameOutputs(shop: BuildWorkshop, drvPath: string, nix: LocalStore): void {
  for (const { path } of shop.store.readDerivation(drvPath).outputs.values()) {
    const [ours, theirs] = [shop.store.queryPathInfo(path), nix.queryPathInfo(path)];
    const diff = spawnSync("diff", ["-r", nix.physicalPath(path), shop.store.physicalPath(path)], { encoding: "utf8" });
    assert.equal(diff.stdout, "", `contents of ${path}`);
    assert.deepEqual({ ...ours, registrationTimeS: 0 }, { ...theirs, registrationTimeS: 0 }, `registration of ${path}`);
  }
}

test("buildPaths gives builders the world that Nix gives them", { skip: skipWorld }, async () => {
  using shop = new BuildWorkshop();
  const script = `
    mkdir $out
    env > $out/env; id > $out/id; umask > $out/umask
    cat /etc/passwd /etc/group /etc/hosts > $out/etc
    ls -a / /build /etc /nix /nix/store > $out/folders
    cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname /proc/self/limits > $out/host
    while read -r line; do echo "\${line%%:*}"; done < /proc/net/dev > $out/interfaces
    stat -c '%a %n' /build /tmp /etc > $out/modes
    for f in null zero full random urandom tty ptmx shm fd stdin stdout stderr; do ls -d /dev/$f; done > $out/dev
    cat "$bigPath" > $out/big; cat graph > $out/graph; readlink /proc/self/cwd > $out/cwd
    chmod 4755 $out/big 2> $out/chmod-error || echo $? > $out/chmod-status; echo $$ > $out/pid`;
  const env = {
    passAsFile: "big empty",
    big: "some text\nmore",
    empty: "",
    TMPDIR: "/x",
    HOME: "/h",
    TERM: "dumb",
    lines: "a\nb\ttab'\"$x",
  };
  const exportReferencesGraph = `graph ${shop.tools.programs} user ${shop.tools.libraries}`;
  const drv = shop.add({ name: "world", script, env: { ...env, exportReferencesGraph }, outputs: ["out"] });
  assert.equal((await shop.build([drv])).success, true);
  withNixBuild(shop, [drv], (nix) => assertSameOutputs(shop, drv, nix));
});

test("buildPaths gives fixed-output builders the variables that Nix gives them", { skip: skipWorld }, async () => {
  using shop = new BuildWorkshop();
  const script = "env >&2; ls -1 /etc >&2; echo fixed > $out";
  const fixed = formatHash(hashBytes("sha256", "fixed\n"), "base16");
  const drv = shop.add({ name: "fixed", script, fixed, env: { impureEnvVars: "LANG NOT_SET_ANYWHERE" } });
  assert.equal((await shop.build([drv])).success, true);
  const log = nixStore(shop.root, ["--read-log", drv]).toString();
  withNixBuild(shop, [drv], (nix) => {
    assertSameOutputs(shop, drv, nix);
    assert.equal(log, nixStore(nix.root, ["--read-log", drv]).toString());
  });
});

test("buildPaths registers several outputs, references and content addresses as Nix does", { skip }, async () => {
  using shop = new BuildWorkshop();
  const source = shop.store.addText("source.txt", "plain\n", []);
  const lib = shop.add({
    name: "lib",
    sources: [source],
    script: `mkdir $out; ln -s $out/x $out/l; echo ${source} > $out/x`,
  });
  const libPath = shop.outputOf(lib);
  const script = `mkdir -p $out/a $dev; echo ${libPath} > $out/a/b; chmod 640 $out/a/b; echo $out > $dev/c; echo > $dev/.h`;
  const app = shop.add({ name: "app", inputs: [lib], outputs: ["out", "dev"], script });
  const tree = shop.add({ name: "tree", script: "mkdir $out; touch $out/e; true" });
  assert.equal((await shop.build([app, tree])).success, true);
  const narHash = shop.store.queryPathInfo(shop.outputOf(tree))?.narHash ?? "";
  const fixed = shop.add({ name: "fixed", fixed: `r:${narHash}`, script: "mkdir $out; touch $out/e; true" });
  assert.equal((await shop.build([fixed])).success, true);
  withNixBuild(shop, [app, fixed], (nix) => {
    for (const drv of [lib, app, fixed]) assertSameOutputs(shop, drv, nix);
  });
});

test("buildPaths hands over structured attributes as Nix does", { skip: skipWorld }, async () => {
  using shop = new BuildWorkshop();
  const lib = shop.add({ name: "lib", script: "echo $out > $out" });
  const user = shop.add({ name: "user", inputs: [lib], script: `echo ${shop.outputOf(lib)} > $out` });
  const attributes = {
    builder: `${shop.tools.programs}/bin/bash`,
    name: "attrs",
    text: 'it\'s "quoted" \u00fc\n',
    count: 3,
    half: 0.5,
    yes: true,
    no: false,
    nothing: null,
    list: ["a b", 1, true],
    nested: [["x"]],
    map: { k: "v", "odd key": "w" },
    deep: { a: { b: "BIG" } },
    "not-a-name": 1,
    exportReferencesGraph: { graph: [shop.outputOf(user)], two: [shop.outputOf(lib), shop.outputOf(user)] },
  };
  const json = JSON.stringify(attributes).replace('"BIG"', "9007199254740993");
  // Nix 2.8 names the two files by their path outside of the sandbox, where nobody can read them
  const script = `PATH=${shop.tools.programs}/bin; . ./.attrs.sh; out=\${outputs[out]}; mkdir $out; unset \${!NIX_ATTRS_*}
    env > $out/env; cp .attrs.json $out/json; cp .attrs.sh $out/sh; true`;
  const drv = shop.add({
    name: "attrs",
    builder: `${shop.tools.programs}/bin/bash`,
    args: ["-euc", script],
    sources: shop.toolPaths,
    inputs: [lib, user],
    env: { __json: Buffer.from(json).toString("latin1") },
  });
  const { events, success } = await shop.build([drv]);
  assert.equal(success, true, JSON.stringify(events));
  withNixBuild(shop, [drv], (nix) => assertSameOutputs(shop, drv, nix));
});
