import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { findProgram } from "../host/find-program.ts";
import { nix, toNix } from "./nix-text.ts";

const value = {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Nix interpolates these
  text: 'a "quoted" \\ back ${notInterpolated} $${twice} $ line\nnext\ttab',
  "odd name": [1, -2, 0.5, true, null, [], {}],
  services: { nginx: { enable: true } },
};

test("toNix: names are quoted and strings cannot interpolate", () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Nix interpolates these
  assert.equal(toNix({ a: "${x}" }), '{ "a" = "\\${x}"; }');
  assert.equal(toNix([1, -2, "x"]), '[ 1 (-2) "x" ]');
});

test("nix: values become Nix, expressions stay", () => {
  const inner = nix`pkgs.curl`;
  assert.equal(nix`{ a = ${"b"}; c = ${inner}; }`.text, '{ a = "b"; c = (pkgs.curl); }');
});

test("toNix: real Nix reads the value back", { skip: findProgram("nix-instantiate") === undefined }, () => {
  const args = ["--eval", "--strict", "--json", "--expr", toNix(value)];
  assert.deepEqual(JSON.parse(execFileSync("nix-instantiate", args, { encoding: "utf8" })), value);
});
