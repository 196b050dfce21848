/** Who may do what: real Nix as another user, at a daemon of root. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { generateKeyPair } from "../../formats/signature.ts";
import { REAL_NIX_MISSING } from "../../local/tests/support/temporary-store.ts";
import { BuildWorkshop } from "../../tests/build-workshop.ts";
import { type ClientResult, clientWith, type DaemonProcess, startDaemon } from "./support/daemon-process.ts";

const isRoot = process.geteuid?.() === 0;
const options = { skip: REAL_NIX_MISSING || (isRoot ? false : "only root serves other users") };
const NOBODY = 65534;
const STRANGER = 4321;

const workshop = new BuildWorkshop();
const keys = generateKeyPair("test-1");
const scratch = mkdtempSync(join(tmpdir(), "firn-users-"));

before(() => {
  for (const folder of [workshop.root, scratch]) chmodSync(folder, 0o777);
});
after(() => {
  workshop[Symbol.dispose]();
  execFileSync("chmod", ["-R", "u+w", scratch]);
  rmSync(scratch, { recursive: true, force: true });
});

function start(settings: string): Promise<DaemonProcess> {
  return startDaemon({ root: workshop.root, settings: `trusted-public-keys = ${keys.publicKey}\n${settings}` });
}

const as = (uid: number, daemon: DaemonProcess, ...[command = "", ...args]: string[]): ClientResult =>
  clientWith({ url: daemon.url, uid }, command, ...args);

/** A store with an unsigned path that is not addressed by its contents; the path. */
function unsignedPath(): { readonly store: string; readonly path: string; readonly secretKeyFile: string } {
  const store = join(scratch, "source");
  mkdirSync(store, { recursive: true });
  const [tools = "", libraries = ""] = workshop.toolPaths;
  const physical = `local?root=${workshop.root}`;
  const config = "experimental-features = nix-command\nsubstituters =\nbuild-users-group =";
  const env = { PATH: process.env["PATH"], HOME: scratch, NIX_CONF_DIR: scratch, NIX_CONFIG: config };
  const run = (command: string, ...args: string[]): string =>
    execFileSync(command, args, { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  run("nix", "copy", "--from", physical, "--to", store, "--no-check-sigs", tools, libraries);
  const expression = `derivation { name = "unsigned"; system = "x86_64-linux"; builder = "${tools}/bin/sh"; tools = map builtins.storePath [ "${tools}" "${libraries}" ]; args = [ "-c" "echo unsigned > $out" ]; }`;
  const path = run("nix-build", "--store", store, "--no-out-link", "-E", expression);
  const secretKeyFile = join(scratch, "secret-key");
  writeFileSync(secretKeyFile, keys.secretKey);
  execFileSync("chmod", ["-R", "a+rX", store]);
  return { store, path, secretKeyFile };
}

test("an ordinary user is not trusted, and can build; the result is there for all", options, async () => {
  await using daemon = await start("");
  const [tools = "", libraries = ""] = workshop.toolPaths;
  const expression = `derivation { name = "by-nobody"; system = "x86_64-linux"; builder = "${tools}/bin/sh"; tools = map builtins.storePath [ "${tools}" "${libraries}" ]; args = [ "-c" "echo made > $out" ]; }`;
  const first = as(NOBODY, daemon, "nix-build", "--no-out-link", "-E", expression);
  assert.equal(first.status, 0, first.stderr);
  assert.equal(readFileSync(workshop.store.physicalPath(first.stdout.trim()), "utf8"), "made\n");
  await daemon.says(/user nobody$/m);
  const second = as(STRANGER, daemon, "nix-build", "--no-out-link", "-E", expression);
  assert.equal(second.stdout, first.stdout, second.stderr);
  assert.doesNotMatch(second.stderr, /building/);
  await daemon.says(new RegExp(`user ${STRANGER}$`, "m"));
});

test("an untrusted user cannot import an unsigned path, and can import a signed one", options, async () => {
  await using daemon = await start("");
  const { store, path, secretKeyFile } = unsignedPath();
  const send = (uid: number): ClientResult => {
    const exported = clientWith({ url: store }, "nix-store", "--export", path);
    return clientWith({ url: daemon.url, uid, input: Buffer.from(exported.stdout, "latin1") }, "nix-store", "--import");
  };
  const refused = send(NOBODY);
  assert.notEqual(refused.status, 0);
  assert.match(refused.stderr, /lacks a signature by a trusted key/);
  assert.equal(workshop.store.isValidPath(path), false);
  const signed = clientWith({ url: store }, "nix", "store", "sign", "--key-file", secretKeyFile, path);
  assert.equal(signed.status, 0, signed.stderr);
  const push = (uid: number): ClientResult =>
    clientWith({ url: "auto", uid }, "nix", "copy", "--from", `file://${scratch}/cache`, "--to", daemon.url, path);
  const cached = clientWith(
    { url: "auto" },
    "nix",
    "copy",
    "--from",
    store,
    "--to",
    `file://${scratch}/cache`,
    "--no-check-sigs",
    path,
  );
  assert.equal(cached.status, 0, cached.stderr);
  execFileSync("chmod", ["-R", "a+rX", join(scratch, "cache")]);
  const accepted = push(NOBODY);
  assert.equal(accepted.status, 0, accepted.stderr);
  assert.equal(workshop.store.isValidPath(path), true);
});

test("root, and who stands in trusted-users, may import unsigned paths", options, async () => {
  await using daemon = await start("trusted-users = nobody");
  const { store, path } = unsignedPath();
  const send = (): ClientResult => {
    const exported = clientWith({ url: store }, "nix-store", "--export", path);
    return clientWith(
      { url: daemon.url, uid: NOBODY, input: Buffer.from(exported.stdout, "latin1") },
      "nix-store",
      "--import",
    );
  };
  clientWith({ url: daemon.url }, "nix-store", "--delete", path);
  const result = send();
  assert.equal(result.status, 0, result.stderr);
  await daemon.says(/user nobody \(trusted\)/);
});

test("allowed-users: others are refused with a reason; groups and * count", options, async () => {
  {
    await using daemon = await start("allowed-users = nobody");
    assert.equal(as(NOBODY, daemon, "nix-store", "--verify").status, 0);
    const refused = as(STRANGER, daemon, "nix-store", "--verify");
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr, /user '4321' is not allowed to connect/);
    assert.equal(as(0, daemon, "nix-store", "--verify").status, 0, "root is trusted, hence allowed");
  }
  const group = execFileSync("id", ["-gn", String(NOBODY)], { encoding: "utf8" }).trim();
  await using daemon = await start(`allowed-users = @${group} @no-such-group`);
  // the primary group of the client's process is its user's number here
  assert.equal(as(NOBODY, daemon, "nix-store", "--verify").status, 0);
  assert.notEqual(as(STRANGER, daemon, "nix-store", "--verify").status, 0);
});

test("an untrusted user's dangerous settings are ignored and said to be; harmless ones count", options, async () => {
  await using daemon = await start("trusted-substituters = https://good.example");
  const config = "sandbox = false\ntimeout = 5\nsubstituters = https://good.example/ https://evil.example";
  const { stderr } = clientWith({ url: daemon.url, uid: NOBODY, config }, "nix-store", "--verify");
  assert.match(stderr, /ignoring the setting 'sandbox'/);
  assert.match(stderr, /ignoring untrusted substituter 'https:\/\/evil\.example'/);
  assert.doesNotMatch(stderr, /good\.example|timeout/);
  assert.doesNotMatch(clientWith({ url: daemon.url, config }, "nix-store", "--verify").stderr, /ignoring/);
});

test("an untrusted user may not repair, nor build input-addressed derivations that come alone", options, async () => {
  await using daemon = await start("");
  const repair = as(NOBODY, daemon, "nix-store", "--verify", "--repair");
  assert.match(repair.stderr, /not privileged to repair/);
});

test("roots of others are not told to an untrusted user", options, async () => {
  await using daemon = await start("");
  const roots = (uid: number): string => as(uid, daemon, "nix-store", "--gc", "--print-roots").stdout;
  assert.doesNotMatch(roots(NOBODY), /\/proc\//);
});
