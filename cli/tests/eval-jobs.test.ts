/** `firn eval-jobs` and the ends of runaway evaluations, as a user meets them. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Workshop } from "./firn-process.ts";

const workshop = new Workshop();
after(() => workshop[Symbol.dispose]());

const tree = `let mk = name: derivation { inherit name; system = "x86_64-linux"; builder = "/bin/sh"; }; in
{ extra ? "none" }: {
  a = mk "a"; fails = throw "not today"; "x.y" = mk extra;
  sub = { recurseForDerivations = true; b = mk "b" // { meta.license = "MIT"; }; };
  hidden = { c = mk "c"; };
}`;

interface Line {
  readonly attr: string;
  readonly attrPath: readonly string[];
  readonly drvPath?: string;
  readonly error?: string;
  readonly [other: string]: unknown;
}

function linesOf(stdout: string): Map<string, Line> {
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line): Line => JSON.parse(line));
  return new Map(lines.map((line) => [line.attr, line]));
}

test("firn eval-jobs: a line for each attribute, links that keep, what is asked for", async () => {
  const file = workshop.write("tree.nix", tree);
  const roots = join(workshop.folder, "roots");
  mkdirSync(roots);
  const flags = ["--workers", "2", "--meta", "--check-cache-status", "--gc-roots-dir", roots, "--argstr", "extra", "e"];
  const { exitCode, stdout, stderr } = await workshop.run("firn", ["eval-jobs", file, ...flags]);
  assert.equal(exitCode, 0, stderr);
  const lines = linesOf(stdout);
  assert.deepEqual([...lines.keys()].sort(), ['"x.y"', "a", "fails", "sub.b"]);
  assert.match(String(lines.get("fails")?.error), /not today/);
  assert.deepEqual(lines.get('"x.y"')?.attrPath, ["x.y"]);
  assert.equal(lines.get('"x.y"')?.["name"], "e");
  const b = lines.get("sub.b");
  assert.deepEqual([b?.["meta"], b?.["isCached"], b?.["cacheStatus"]], [{ license: "MIT" }, false, "notBuilt"]);
  const links = readdirSync(roots).map((name) => readlinkSync(join(roots, name)).replace(workshop.root, ""));
  const drvPaths = [...lines.values()].flatMap(({ drvPath }) => (drvPath === undefined ? [] : [drvPath]));
  assert.deepEqual(links.sort(), drvPaths.sort());
  assert.match(stderr, /3 derivations, 1 errors/);
});

test("firn eval-jobs: the same derivations as nix-instantiate, also where nothing is written", async () => {
  const file = workshop.write("tree.nix", tree);
  const jobs = await workshop.run("firn", ["eval-jobs", file, "--force-recurse", "--no-instantiate"]);
  const lines = linesOf(jobs.stdout);
  for (const attr of ["a", "sub.b", "hidden.c"]) {
    const { stdout } = await workshop.run("compat/nix-instantiate", [file, "-A", attr]);
    assert.equal(lines.get(attr)?.drvPath, stdout.trim());
  }
  assert.equal("inputDrvs" in (lines.get("a") ?? {}), false);
});

test("firn eval-jobs: wrong usage is 2, a tree that fails is 1", async () => {
  assert.equal((await workshop.run("firn", ["eval-jobs"])).exitCode, 2);
  assert.equal((await workshop.run("firn", ["eval-jobs", "-E", "{ }", "--workers", "many"])).exitCode, 2);
  const failed = await workshop.run("firn", ["eval-jobs", "-E", 'throw "no tree"']);
  assert.equal(failed.exitCode, 1);
  assert.match(failed.stderr, /error: no tree/);
  assert.match((await workshop.run("firn", ["eval-jobs", "--help"])).stdout, /--force-recurse/);
});

for (const [program, args] of [
  ["firn", ["eval", "-E"]],
  ["compat/nix-instantiate", ["--eval", "--strict", "-E"]],
] as const) {
  test(`${program}: running out of memory is one clear error`, async () => {
    const hungry = "let f = n: { a = n; b = f (n + 1); }; in f 0";
    const { exitCode, stderr } = await workshop.run(program, [...args, hungry], { FIRN_EVAL_MEMORY: "150" });
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /^error: The evaluation ran out of memory: it holds more than 150 MiB\nhint: .*FIRN_EVAL_MEMORY/,
    );
  });

  test(`${program}: Ctrl-C ends an endless evaluation within a second`, async () => {
    const endless =
      "let f = n: s: if n == 0 then s else f (n - 1) (s // { x = n; }); in builtins.foldl' (a: n: f 1000 { }) 0 (builtins.genList (x: x) 9000000)";
    const { child, result } = workshop.start(program, [...args, endless]);
    await sleep(1500);
    const startMs = performance.now();
    child.kill("SIGINT");
    assert.equal((await result).exitCode, 130);
    assert.ok(performance.now() - startMs < 1000);
  });
}

test("firn eval --watch: prints the value again after a change, and ends with 130", async () => {
  const file = workshop.write("value.nix", "1");
  const { child, result } = workshop.start("firn", ["eval", "--watch", "--json", file]);
  assert.ok(child.stdout);
  const lines = createInterface(child.stdout);
  assert.deepEqual(await once(lines, "line"), ["1"]);
  workshop.write("value.nix", "[ 2 ]");
  assert.deepEqual(await once(lines, "line"), ["[2]"]);
  child.kill("SIGINT");
  assert.equal((await result).exitCode, 130);
});
