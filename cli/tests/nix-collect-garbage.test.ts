/** Our `nix-collect-garbage` and real Nix's on copies of one store with profiles: the same generations and paths stay. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { lutimesSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { deleteTree } from "../../store/local/delete-tree.ts";
import { openLocalStore } from "../../store/local/local-store.ts";
import { projectFolder } from "../project.ts";

const hasNix = spawnSync("nix-store", ["--version"]).status === 0;
const DAY_S = 24 * 3600;

/** `system` with generations 1 to 5, of which 4 is current; `per-user/me/profile` with 1 and 10, 10 being current. */
function makeMaster(root: string): void {
  const store = openLocalStore({ root });
  const profiles = join(root, "nix/var/nix/profiles");
  mkdirSync(join(profiles, "per-user/me"), { recursive: true });
  const nowS = Date.now() / 1000;
  const add = (profile: string, number: number, ageDays: number): void => {
    const link = join(profiles, `${profile}-${number}-link`);
    symlinkSync(store.addText(`${profile.replaceAll("/", "-")}-${number}`, "generation", []), link);
    lutimesSync(link, nowS - ageDays * DAY_S, nowS - ageDays * DAY_S);
  };
  [100, 50, 20, 10, 5].forEach((ageDays, index) => {
    add("system", index + 1, ageDays);
  });
  add("per-user/me/profile", 1, 9);
  add("per-user/me/profile", 10, 1);
  symlinkSync("system-4-link", join(profiles, "system"));
  symlinkSync("profile-10-link", join(profiles, "per-user/me/profile"));
  store.addText("dead", "dead", []);
  store.close();
}

function collect(whose: "our" | "real", master: string, args: readonly string[]) {
  const root = `${master}-${whose}`;
  execFileSync("cp", ["-a", master, root]);
  const [program, ...first] =
    whose === "real"
      ? ["nix-collect-garbage"]
      : [process.execPath, join(projectFolder, "bin/compat/nix-collect-garbage")];
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, NIX_STATE_DIR: join(root, "nix/var/nix") };
  const result = spawnSync(program ?? "", [...first, "--store", root, ...args], { env, encoding: "utf8" });
  const profiles = join(root, "nix/var/nix/profiles");
  const store = openLocalStore({ root });
  const paths = store.allValidPaths();
  store.close();
  // Real Nix makes a folder for whoever calls it.
  const isOfStore = (name: string): boolean => !/^per-user\/(?!me)/.test(name);
  const files = readdirSync(profiles, { recursive: true, encoding: "utf8" }).filter(isOfStore).sort();
  const removals = result.stderr
    .split("\n")
    .filter((line) => /profile version/.test(line))
    .sort();
  deleteTree(root);
  // Sizes differ: real Nix adds up lengths of files, we the room that they took on disk.
  const deleted = result.stdout.replace(/, .* freed/, "");
  return { exitCode: result.status === 0, deleted, removals, files, paths };
}

test("nix-collect-garbage leaves what real Nix leaves", { skip: hasNix ? false : "real Nix is not installed" }, () => {
  const folder = mkdtempSync(join(tmpdir(), "firn-collect-"));
  const master = join(folder, "master");
  makeMaster(master);
  try {
    for (const args of [
      [],
      ["-d"],
      ["--delete-old"],
      ["--delete-older-than", "30d"],
      ["--delete-older-than", "7d"],
      ["--delete-older-than", "200d"],
      ["-d", "--dry-run"],
      ["--delete-older-than", "8d", "--dry-run"],
      ["--delete-older-than", "soon"],
    ]) {
      assert.deepEqual(collect("our", master, args), collect("real", master, args), args.join(" "));
    }
    assert.equal(collect("our", master, ["-d"]).removals.length, 5);
  } finally {
    deleteTree(folder);
  }
});
