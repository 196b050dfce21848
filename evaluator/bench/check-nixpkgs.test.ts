import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { realNixVersion } from "../lang-tests/real-nix.ts";
import { AttributeAsker } from "./ask-attributes.ts";
import { allAttributes, sample, shownPath } from "./attribute-sample.ts";
import type { Side } from "./peers.ts";

const skip = realNixVersion() === null ? "real Nix is not installed" : false;
const tree = join(import.meta.dirname, "fixtures", "tree");

for (const side of ["nix", "firn"] as const) {
  test(`AttributeAsker: ${side} tells attributes apart and finds those in sets of packages`, { skip }, async (t) => {
    const asker = new AttributeAsker(side, tree, places(t, side));
    const paths = await allAttributes(asker);
    assert.deepEqual(
      paths.map(shownPath).toSorted(),
      `badPackages broken buildPackages goodPackages goodPackages."odd.name" goodPackages.inner plain version wrong`.split(
        " ",
      ),
    );
    const answers = await asker.ask(paths);
    const kinds = paths.map((path, n): [string, string] => [
      shownPath(path),
      (answers[n]?.text ?? "").replace(/.*-(\w+\.drv)$/, "$1"),
    ]);
    assert.deepEqual(Object.fromEntries(kinds), {
      badPackages: "fails",
      broken: "throws",
      buildPackages: "type set",
      goodPackages: "type set",
      'goodPackages."odd.name"': "odd.drv",
      "goodPackages.inner": "inner.drv",
      plain: "plain.drv",
      version: "type string",
      wrong: "fails",
    });
  });
}

test("check-nixpkgs: exits with 0 when all is equal, with 2 when it is called wrongly", { skip }, () => {
  const check = (...args: string[]): { readonly status: number | null; readonly stderr: string } =>
    spawnSync(process.execPath, [join(import.meta.dirname, "check-nixpkgs.ts"), ...args], { encoding: "utf8" });
  const good = check(tree, "--attributes", "plain,wrong,goodPackages.inner");
  assert.match(good.stderr, /3 compared: 2 derivations, 0 other values, 0 throw, 1 fail; 0 differ/);
  assert.equal(good.status, 0);
  assert.equal(check().status, 2);
});

test("sample: the same seed takes the same, without repeating, at most all", () => {
  const population = Array.from({ length: 50 }, (_, n) => n);
  assert.deepEqual(sample(population, 10, 3), sample(population, 10, 3));
  assert.notDeepEqual(sample(population, 10, 3), sample(population, 10, 4));
  assert.deepEqual(
    sample(population, 99, 1).toSorted((a, b) => a - b),
    population,
  );
});

function places(
  t: { after(run: () => void): void },
  side: Side,
): { readonly root: string; readonly cache: string; readonly modules: string } {
  const folder = mkdtempSync(join(tmpdir(), `firn-check-${side}-`));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const made = { root: join(folder, "root"), cache: join(folder, "cache"), modules: join(folder, "modules") };
  for (const path of Object.values(made)) mkdirSync(path);
  return made;
}
