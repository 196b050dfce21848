import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Evaluation } from "../evaluation.ts";
import { LocalIo } from "./local-io.ts";
import { RecordingIo } from "./recording-io.ts";

test("RecordingIo: notes files, folders, questions and variables", () => {
  const folder = mkdtempSync(join(tmpdir(), "firn-recording-"));
  try {
    writeFileSync(join(folder, "a.nix"), '{ home = builtins.getEnv "HOME"; list = builtins.readDir ./.; }');
    const inner = new LocalIo({
      root: folder,
      storeDir: "/nix/store",
      currentSystem: "x86_64-linux",
      readOnly: true,
      searchPath: [],
      environment: { HOME: "/home/me" },
      openStore: () => assert.fail("A read-only evaluation opens no store"),
      log: () => {},
      realise: () => {},
      tarballTtlS: 0,
    });
    const io = new RecordingIo(inner);
    const text = "let a = import ./a.nix; in [ a.home (builtins.attrNames a.list) (builtins.pathExists ./b) ]";
    const value = new Evaluation(io).evaluateText(`builtins.toJSON (${text})`, folder);
    assert.equal(value, '["/home/me",["a.nix"],false]');
    assert.deepEqual([...io.reads.files], [join(folder, "a.nix")]);
    assert.deepEqual([...io.reads.folders], [folder]);
    assert.deepEqual([...io.reads.variables], ["HOME"]);
    assert.ok(io.reads.probes.has(join(folder, "b")));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
