/**
 * The distro's library against its cases in ../lib/tests, through Firn's evaluator and, where it is installed, through real
 * Nix: the library must mean the same in both. Errors are evaluated one by one, since a message cannot be caught in Nix.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

interface Evaluation {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
interface Evaluator {
  readonly name: string;
  readonly evaluate: (attr: string) => Evaluation;
}

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const cases = join(project, "distro/lib/tests/default.nix");
const run = (command: string, args: readonly string[]): Evaluation =>
  spawnSync(command, args, { encoding: "utf8", env: { ...process.env, NO_COLOR: "1", NIX_ABORT_ON_WARN: "" } });

const firn: Evaluator = {
  name: "Firn",
  evaluate: (attr) => run(process.execPath, [join(project, "bin/firn"), "eval", "--json", "-f", cases, "-A", attr]),
};
const nix: Evaluator = {
  name: "Nix",
  evaluate: (attr) =>
    run("nix-instantiate", ["--store", "dummy://", "--eval", "--strict", "--json", cases, "-A", attr]),
};
const hasNix = spawnSync("nix-instantiate", ["--version"]).status === 0;

/** Values that a message wraps over lines or indents, as both evaluators do in their own way. */
const flat = (text: string): string => text.replace(/\s+/g, " ");

function evaluated(evaluator: Evaluator, attr: string): unknown {
  const { status, stdout, stderr } = evaluator.evaluate(attr);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

const expectedMessages = Object.entries(evaluatedObject("errorMessages")).map(([name, texts]): [string, string[]] => {
  assert.ok(Array.isArray(texts));
  return [name, texts.map(String)];
});

for (const evaluator of hasNix ? [firn, nix] : [firn]) {
  describe(`distro/lib in ${evaluator.name}`, () => {
    test("every case has the expected value", () => {
      assert.deepEqual(evaluated(evaluator, "failures"), []);
      assert.ok(Number(evaluated(evaluator, "count")) > 250);
    });

    describe("every bad module is refused with a message that says what to do", () => {
      for (const [name, texts] of expectedMessages) {
        test(name, () => {
          const { status, stderr } = evaluator.evaluate(`errors.${name}.expr`);
          assert.notEqual(status, 0);
          assert.ok(texts.length > 0);
          for (const text of texts) assert.ok(flat(stderr).includes(flat(text)), `'${text}' is not in:\n${stderr}`);
        });
      }
    });
  });
}

function evaluatedObject(attr: string): object {
  const value = evaluated(firn, attr);
  assert.ok(typeof value === "object" && value !== null);
  return value;
}
