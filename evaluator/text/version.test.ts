import assert from "node:assert/strict";
import { test } from "node:test";
import { askRealNix, realNixVersion } from "../lang-tests/real-nix.ts";
import { compareVersions, parseDrvName, splitVersion } from "./version.ts";

const VERSIONS = (
  " 1 1.0 1.0.0 1.0pre 1.0pre2 1.0-pre 1.0a 1.0b 1.0.1 1.10 1.9 01 001.0 2.3.1 2.3a 2.3pre1 2.3pre3 20201128 2147483647 " +
  "2147483648 99999999999 100000000000 a b A pre prea + 1+2 1_2 1..2 1--2 -1 .1 - . 1.é 1.0rc1 2008a 0x10"
).split(" ");

test("compareVersions agrees with real Nix on every pair", { skip: realNixVersion() === null }, () => {
  const list = VERSIONS.map((version) => `"${version}"`).join(" ");
  const [answer] = askRealNix([`let vs = [ ${list} ]; in map (a: map (builtins.compareVersions a) vs) vs`]);
  const rows = VERSIONS.map((a) => `([ ${VERSIONS.map((b) => `(${compareVersions(a, b)})`).join(" ")} ])`);
  assert.deepEqual(answer, { kind: "value", shown: `[ ${rows.join(" ")} ]` });
});

const NAMES = [
  "",
  "a",
  "nix-0.12pre12876",
  "nix",
  "a-b-1",
  "a-b",
  "a--b",
  "-1",
  "a-",
  "a-1-2",
  "lib-é",
  "a-_",
  "python3.8-x-1.2",
];

test("parseDrvName and splitVersion agree with real Nix", { skip: realNixVersion() === null }, () => {
  const programs = NAMES.map((name) => `[ (builtins.parseDrvName "${name}") (builtins.splitVersion "${name}") ]`);
  const latin1 = programs.map((program) => Buffer.from(program, "utf8").toString("latin1"));
  const answers = askRealNix(latin1);
  NAMES.forEach((text, n) => {
    const bytes = Buffer.from(text, "utf8").toString("latin1");
    const { name, version } = parseDrvName(bytes);
    const parts = splitVersion(bytes).map((part) => `("${part}")`);
    const shown = `[ ({ "name" = "${name}"; "version" = "${version}"; }) ([ ${parts.join(" ")} ]) ]`;
    assert.deepEqual(answers[n], { kind: "value", shown });
  });
});

test("splitVersion splits at separators and between digits and letters", () => {
  assert.deepEqual(splitVersion("1.2pre-3"), ["1", "2", "pre", "3"]);
  assert.deepEqual(splitVersion(".-"), []);
});
