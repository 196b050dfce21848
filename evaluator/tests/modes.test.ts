/** Pure and restricted evaluation, and experimental features: what is refused, and with which words. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type EvaluateOptions, evaluate } from "../api.ts";

const folder = mkdtempSync(join(tmpdir(), "firn-modes-"));
const inside = join(folder, "inside");
const outside = join(folder, "outside");
mkdirSync(inside);
mkdirSync(outside);
writeFileSync(join(inside, "x.nix"), "1");
writeFileSync(join(outside, "y.nix"), "2");
symlinkSync("../outside/y.nix", join(inside, "link.nix"));
symlinkSync("../outside", join(inside, "folder"));
after(() => rmSync(folder, { recursive: true, force: true }));

async function value(text: string, options: Partial<EvaluateOptions>): Promise<string> {
  const answer = await evaluate({
    source: { type: "text", text },
    root: join(folder, "root"),
    output: { type: "value", format: "nix", strict: true },
    environment: { HOME: "/home/me" },
    ...options,
  });
  return answer.type === "value" ? answer.text : "";
}

async function refused(text: string, options: Partial<EvaluateOptions>, message: string): Promise<void> {
  await assert.rejects(value(text, options), (error: Error) => {
    assert.equal(error.message, message);
    return true;
  });
}

const restricted = { restrictEval: true, searchPath: [`x=${inside}`] };

test("restrictEval: only what the search path holds may be read", async () => {
  const allowed = `[ (import <x/x.nix>) (import ${inside}/x.nix) (builtins.pathExists ${outside}) (builtins.getEnv "HOME") ]`;
  assert.equal(await value(allowed, restricted), '[ 1 1 false "" ]');
  const forbidden = (kind: string, path: string): string =>
    `access to ${kind} path '${path}' is forbidden in restricted mode`;
  await refused(`import ${outside}/y.nix`, restricted, forbidden("absolute", `${outside}/y.nix`));
  await refused(`import ${inside}/link.nix`, restricted, forbidden("canonical", `${outside}/y.nix`));
  await refused(`import ${inside}/folder/y.nix`, restricted, forbidden("canonical", `${outside}/y.nix`));
  await refused(`builtins.readDir ${folder}`, restricted, forbidden("absolute", folder));
  await refused(`"\${${outside}}"`, restricted, forbidden("absolute", outside));
  await refused(`builtins.filterSource (p: t: true) ${outside}`, restricted, forbidden("absolute", outside));
});

test("restrictEval: what the evaluation put into the store may be read, nothing else of it", async () => {
  assert.equal(await value(`builtins.readFile (builtins.fetchurl file://${inside}/x.nix)`, restricted), '"1"');
  const other = "/nix/store/00000000000000000000000000000000-other";
  await refused(
    `builtins.readFile ${other}`,
    restricted,
    `access to absolute path '${other}' is forbidden in restricted mode`,
  );
});

test("restrictEval: other URLs are refused, the search path's own are not", async () => {
  const url = "http://127.0.0.1:1/a/b";
  await refused(`builtins.fetchurl ${url}`, restricted, `access to URI '${url}' is forbidden in restricted mode`);
  const lines: string[] = [];
  const options = {
    restrictEval: true,
    searchPath: [`y=file://${outside}/y.nix`],
    onLog: (line: string): void => void lines.push(line),
  };
  await assert.rejects(value("<y>", options), /file 'y' was not found/);
  assert.match(lines.join(), /search path entry 'file:.*' cannot be downloaded, ignoring: cannot unpack/);
});

const pure = { pureEval: true, searchPath: [`x=${inside}`] };

test("pureEval: nothing of this machine is seen", async () => {
  const seen = `[ (builtins ? currentSystem) (builtins ? currentTime) (builtins.getEnv "HOME") builtins.nixPath (builtins.pathExists ${inside}) ]`;
  assert.equal(await value(seen, pure), '[ false false "" [ ] false ]');
  assert.equal(await value("builtins.isFunction (import <nix/fetchurl.nix>)", pure), "true");
  await refused("<x>", pure, "cannot look up '<x>' in pure evaluation mode (use '--impure' to override)");
  const forbidden = (path: string): string =>
    `access to absolute path '${path}' is forbidden in pure evaluation mode (use '--impure' to override)`;
  await refused(`import ${inside}/x.nix`, pure, forbidden(`${inside}/x.nix`));
  await refused(`builtins.hashFile "md5" ${inside}/x.nix`, pure, forbidden(`${inside}/x.nix`));
  await refused(`builtins.path { path = ${inside}; }`, pure, forbidden(inside));
});

test("pureEval: what is fetched needs its hash", async () => {
  for (const who of ["fetchurl", "fetchTarball"]) {
    const message = `in pure evaluation mode, '${who}' requires a 'sha256' argument`;
    await refused(`builtins.${who} file://${inside}/x.nix`, pure, message);
  }
  await assert.rejects(
    value(`fetchGit ${inside}`, pure),
    /in pure evaluation mode, 'fetchGit' doesn't fetch unlocked input/,
  );
  const hash = await value(`builtins.hashFile "sha256" ${inside}/x.nix`, {});
  const fetch = `builtins.readFile (builtins.fetchurl { url = "file://${inside}/x.nix"; sha256 = ${hash}; })`;
  assert.equal(await value(fetch, pure), '"1"');
  const name = 'builtins.storePath "/nix/store/00000000000000000000000000000000-x"';
  await refused(name, pure, "'builtins.storePath' is not allowed in pure evaluation mode");
});

test("experimentalFeatures: pipes, and builtins that are there only with their feature", async () => {
  const list = '[ "fetchTree" "getFlake" "parseFlakeRef" "outputOf" ]';
  const there = `map (name: builtins.hasAttr name builtins) ${list}`;
  assert.equal(await value(there, {}), "[ false false false false ]");
  const experimentalFeatures = ["flakes", "dynamic-derivations", "pipe-operators"];
  assert.equal(await value(there, { experimentalFeatures }), "[ true true true true ]");
  assert.equal(await value("[ 1 2 ] |> map (x: x + 1)", { experimentalFeatures }), "[ 2 3 ]");
  assert.equal(await value("builtins.length <| [ 1 2 ]", { experimentalFeatures }), "2");
  await assert.rejects(value("1 |> toString", {}), /syntax error/);
});

test("traceVerbose shows its text when asked to", async () => {
  const lines: string[] = [];
  const onLog = (line: string): void => void lines.push(line);
  await value('builtins.traceVerbose "a" 1', { onLog });
  await value('builtins.traceVerbose "b" 1', { onLog, traceVerbose: true });
  assert.deepEqual(lines, ["trace: b"]);
});
