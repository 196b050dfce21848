import assert from "node:assert/strict";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Evaluation } from "../evaluation.ts";
import { LocalIo } from "./local-io.ts";
import { RecordingIo } from "./recording-io.ts";
import { isUnchanged } from "./results/read-log.ts";

const folder = mkdtempSync(join(tmpdir(), "firn-recording-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function recordingIo(environment: Record<string, string>): RecordingIo {
  const inner = new LocalIo({
    root: folder,
    storeDir: "/nix/store",
    currentSystem: "x86_64-linux",
    readOnly: true,
    searchPath: [],
    environment,
    openStore: () => assert.fail("A read-only evaluation opens no store"),
    log: () => {},
    realise: () => {},
    tarballTtlS: 3600,
    trust: { trustedPublicKeys: [], requireSigs: true },
  });
  return new RecordingIo(inner, { root: folder, readOnly: true });
}

/** So that no file is too young to be trusted. */
const settled = (): Promise<void> => sleep(60);

test("RecordingIo: notes files, folders, questions and variables", async () => {
  const file = join(folder, "a.nix");
  writeFileSync(file, '{ home = builtins.getEnv "HOME"; list = builtins.readDir ./.; }');
  await settled();
  const io = recordingIo({ HOME: "/home/me" });
  const text = "let a = import ./a.nix; in [ a.home (builtins.attrNames a.list) (builtins.pathExists ./b) ]";
  const value = new Evaluation(io).evaluateText(`builtins.toJSON (${text})`, folder);
  assert.equal(value, '["/home/me",["a.nix"],false]');
  const { reads } = io.finish() ?? assert.fail("everything can be checked");
  const kinds = Object.fromEntries(reads.paths.map((path, index) => [path, reads.kinds[index]]));
  assert.deepEqual(kinds, { [file]: "F", [folder]: "D", [join(folder, "b")]: "a" });
  assert.deepEqual(reads.variables, [["HOME", "/home/me"]]);
  assert.ok(isUnchanged(reads, { HOME: "/home/me" }));
  assert.ok(!isUnchanged(reads, { HOME: "/home/you" }));
  utimesSync(file, new Date(), new Date());
  assert.ok(!isUnchanged(reads, { HOME: "/home/me" }));
});

test("RecordingIo: keeps nothing that depends on the time, or on a file that was only just written", async () => {
  const timed = recordingIo({});
  new Evaluation(timed).evaluateText("builtins.currentTime", folder);
  assert.equal(timed.finish(), null);
  writeFileSync(join(folder, "young.nix"), "1");
  const young = recordingIo({});
  new Evaluation(young).evaluateText("import ./young.nix", folder);
  assert.equal(young.finish(), null);
});
