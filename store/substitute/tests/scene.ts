/** Two stores and a cache: one store has the outputs of a chain, the other wants them. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BuildWorkshop } from "../../tests/build-workshop.ts";
import { addChain, fillChain } from "./fixtures.ts";

export interface Scene extends Disposable {
  readonly source: BuildWorkshop;
  readonly target: BuildWorkshop;
  readonly chain: ReturnType<typeof addChain>;
  readonly top: string;
  readonly folder: string;
  readonly cache: string;
}

export function scene(env: Readonly<Record<string, string>> = {}, sizeBytes?: number): Scene {
  const source = new BuildWorkshop();
  const target = new BuildWorkshop();
  const chain = addChain(source, env);
  fillChain(source, chain, sizeBytes);
  addChain(target, env);
  const folder = mkdtempSync(join(tmpdir(), "firn-substitute-"));
  return {
    source,
    target,
    chain,
    top: chain.drvPaths[2] ?? "",
    folder,
    cache: join(folder, "cache"),
    [Symbol.dispose]() {
      source[Symbol.dispose]();
      target[Symbol.dispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Whole, as the source has it, with nothing left beside it. */
export function assertComplete({ source, target, chain }: Scene): void {
  for (const path of chain.paths) {
    const { registrationTimeS: _, ultimate: __, signatures: ___, ...info } = target.store.queryPathInfo(path) ?? {};
    const { registrationTimeS: _a, ultimate: _b, signatures: _c, ...expected } = source.store.queryPathInfo(path) ?? {};
    assert.deepEqual(info, expected);
  }
  assertClean(target);
}

export function assertClean({ store }: BuildWorkshop): void {
  assert.deepEqual(store.verify({ checkContents: true }), []);
  const names = readdirSync(join(store.root, store.storeDir)).filter((name) => name !== ".links");
  const valid = store.allValidPaths().map((path) => path.slice(store.storeDir.length + 1));
  assert.deepEqual(names.sort(), valid.sort());
}
