/** What every machine has and has not: systemd as the first process, nothing failed, and the root folder of NixOS. */
import assert from "node:assert/strict";
import { nodesFrom, vmTest } from "#driver/api.ts";

const nodes = nodesFrom(import.meta.url, "./boot.nix", ["machine"]);
const rootFolders = ["bin", "boot", "dev", "etc", "home", "nix", "proc", "root", "run", "sys", "tmp", "usr", "var"];

vmTest("boot", { nodes }, async ({ machine, step }) => {
  await step("multi-user.target is reached", () => machine.waitForUnit("multi-user.target"));

  await step("the boot ends without a failed unit", async () => {
    await machine.waitUntilSucceeds('[ -z "$(systemctl list-jobs --no-legend --plain)" ]', { timeoutMs: 120_000 });
    assert.equal(await machine.succeed("systemctl --failed --no-legend --plain"), "");
    assert.equal((await machine.systemctl("is-system-running")).output, "running\n");
  });

  await step("systemd from the store is the first process", async () => {
    assert.equal(await machine.succeed("cat /proc/1/comm"), "systemd\n");
    assert.match(await machine.succeed("readlink /proc/1/exe"), /^\/nix\/store\/[^/]+systemd[^/]*\//);
  });

  await step("the root folder holds what NixOS has, and nothing else", async () => {
    const found = (await machine.succeed("ls -A /")).trim().split("\n");
    assert.deepEqual(found.sort(), rootFolders);
    assert.equal(await machine.succeed("find /bin /usr | sort"), "/bin\n/bin/sh\n/usr\n/usr/bin\n/usr/bin/env\n");
  });

  await step("the store is read-only and holds the running system", async () => {
    await machine.fail("touch /nix/store/not-allowed");
    assert.match(await machine.succeed("readlink -f /run/current-system"), /^\/nix\/store\/[a-z0-9]{32}-nixos-system-/);
  });
});
