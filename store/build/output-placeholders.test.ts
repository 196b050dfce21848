import assert from "node:assert/strict";
import { test } from "node:test";
import type { Derivation } from "../formats/derivation-type.ts";
import { hashPlaceholder } from "../formats/store-path.ts";
import { fillPlaceholders } from "./output-placeholders.ts";

test("fillPlaceholders puts the outputs' paths into arguments and variables", () => {
  const output = (path: string) => ({ path, hashAlgorithm: "", hash: "" });
  const derivation: Derivation = {
    outputs: new Map([
      ["out", output("/nix/store/a-x")],
      ["dev", output("/nix/store/b-x-dev")],
    ]),
    inputDrvs: new Map(),
    inputSrcs: [],
    platform: "x86_64-linux",
    builder: "/bin/sh",
    args: ["-c", `${hashPlaceholder("dev")}/include`],
    env: new Map([
      ["flags", `--prefix=${hashPlaceholder("out")} --dev=${hashPlaceholder("dev")} ${hashPlaceholder("out")}`],
      ["other", hashPlaceholder("doc")],
    ]),
  };
  const filled = fillPlaceholders(derivation);
  assert.deepEqual(filled.args, ["-c", "/nix/store/b-x-dev/include"]);
  assert.equal(filled.env.get("flags"), "--prefix=/nix/store/a-x --dev=/nix/store/b-x-dev /nix/store/a-x");
  assert.equal(filled.env.get("other"), hashPlaceholder("doc"));
});
