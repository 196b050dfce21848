/** Nix's settings reach what a command does, from whichever place Nix takes them: NIX_CONFIG, `--option`, flags of their own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { buildFlags, buildOptions } from "../build-flags.ts";
import { parseFlags } from "../flags.ts";
import { settingFlags, settingsText } from "../nix-settings.ts";
import { Workshop } from "./firn-process.ts";

const parse = (...args: readonly string[]) => parseFlags({ ...settingFlags(buildFlags), ...buildFlags }, args).flags;

test("buildOptions: flags win over --option; zero and 'auto' leave it to the builder", () => {
  const { cores, timeoutMs, maxJobs, keepGoing } = buildOptions(
    parse("--option", "cores", "5", "--cores", "3", "--option", "timeout", "9", "-j", "auto", "--no-keep-going"),
  );
  assert.deepEqual(
    { cores, timeoutMs, maxJobs, keepGoing },
    { cores: 3, timeoutMs: 9000, maxJobs: undefined, keepGoing: false },
  );
  assert.equal(buildOptions(parse("--option", "cores", "0")).cores, undefined);
});

test("settingsText: what was given, to be read by another command", () => {
  const given = parse("--option", "cores", "5", "--extra-experimental-features", "pipe-operators", "--no-pure-eval");
  assert.equal(settingsText(given), "cores = 5\npure-eval = false\nextra-experimental-features = pipe-operators\n");
});

test("settings: commands that build take them as flags and from NIX_CONFIG", async () => {
  using workshop = new Workshop();
  const file = workshop.write(
    "default.nix",
    'derivation { name = "x" |> (name: name); builder = "none"; system = builtins.currentSystem; }',
  );
  const feature = ["--extra-experimental-features", "pipe-operators", "--option", "system", "unheard-of"];
  for (const [program, ...args] of [["compat/nix-build"], ["firn", "build", "--file"]] as const) {
    const refused = await workshop.run(program, [...args, file]);
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stderr, /unexpected '\|>'/);
    const taken = await workshop.run(program, [...args, file, ...feature]);
    assert.match(taken.stderr, /needs a 'unheard-of' machine/);
    const config = "experimental-features = pipe-operators\nsystem = from-config";
    assert.match(
      (await workshop.run(program, [...args, file], { NIX_CONFIG: config })).stderr,
      /a 'from-config' machine/,
    );
  }
});

test("settings: a value that cannot be is refused, an unknown name warned of once", async () => {
  using workshop = new Workshop();
  const file = workshop.write("default.nix", "[ ]");
  const bad = await workshop.run("compat/nix-build", [file, "--cores", "many"]);
  assert.equal(bad.exitCode, 1);
  assert.match(bad.stderr, /Setting 'cores' is a whole number, not 'many'/);
  const unknown = await workshop.run("firn", ["build", "--file", file, "--option", "no-such", "1"]);
  assert.equal(unknown.stderr.match(/unknown setting 'no-such'/g)?.length, 1, unknown.stderr);
});
