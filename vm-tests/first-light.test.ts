/** The web server of first-light.nix through the life that a server has: served, fenced off, restarted, rebooted. */
import assert from "node:assert/strict";
import { nodesFrom, vmTest } from "#driver/api.ts";

const nodes = nodesFrom(import.meta.url, "./first-light.nix", ["server", "client"]);
const fetchPage = "curl --silent --fail --max-time 20 http://server/";
const askGreeter = "cat </dev/tcp/server/8080";

vmTest("first light", { nodes }, async ({ server, client, step }) => {
  await step("nginx comes up", async () => {
    await server.waitForUnit("nginx.service");
    await server.waitForOpenPort(80);
  });

  await step("the page is served to another machine by name", async () => {
    assert.match(await client.waitUntilSucceeds(fetchPage, { timeoutMs: 60_000 }), /First light/);
  });

  await step("the firewall keeps every other port closed", async () => {
    // A listener that systemd itself provides, so that only the firewall can be what stops the client.
    await server.succeed(
      "printf '[Socket]\\nListenStream=8080\\nAccept=yes\\n' >/run/systemd/system/greeter.socket",
      "printf '[Service]\\nExecStart=-/run/current-system/sw/bin/echo hello\\nStandardOutput=socket\\n' >/run/systemd/system/greeter@.service",
      "systemctl daemon-reload && systemctl start greeter.socket",
    );
    await server.waitForOpenPort(8080);
    await client.fail(`timeout 5 bash -c '${askGreeter}'`);
    await server.succeed("systemctl stop firewall.service");
    assert.equal(await client.succeed(askGreeter), "hello\n");
    await server.succeed("systemctl start firewall.service");
    await client.fail(`timeout 5 bash -c '${askGreeter}'`);
  });

  await step("the page survives a restart of nginx", async () => {
    const before = await server.getUnitProperty("nginx.service", "MainPID");
    await server.succeed("systemctl restart nginx.service");
    assert.notEqual(await server.getUnitProperty("nginx.service", "MainPID"), before);
    assert.match(await client.waitUntilSucceeds(fetchPage, { timeoutMs: 60_000 }), /First light/);
  });

  await step("page and data survive a reboot", async () => {
    const bootId = await server.succeed("cat /proc/sys/kernel/random/boot_id");
    await server.succeed("echo kept >/var/lib/first-light");
    await server.reboot();
    assert.notEqual(await server.succeed("cat /proc/sys/kernel/random/boot_id"), bootId);
    assert.equal(await server.succeed("cat /var/lib/first-light"), "kept\n");
    await server.waitForUnit("nginx.service");
    assert.match(await client.waitUntilSucceeds(fetchPage, { timeoutMs: 60_000 }), /First light/);
  });
});
