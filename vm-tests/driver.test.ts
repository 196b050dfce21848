/** What the driver says about units of a real systemd: reached, failed, never started, done and gone. */
import assert from "node:assert/strict";
import { type Machine, nodesFrom, vmTest } from "#driver/api.ts";

const nodes = nodesFrom(import.meta.url, "./boot.nix", ["machine"]);
const tools = "/run/current-system/sw/bin";

/** A unit that lasts until the next boot. */
async function addUnit(machine: Machine, name: string, text: string): Promise<void> {
  await machine.succeed(`printf '%b' '${text}' >/run/systemd/system/${name} && systemctl daemon-reload`);
}

vmTest("driver and systemd", { nodes }, async ({ machine, step }) => {
  await machine.waitForUnit("multi-user.target");

  await step("a unit that fails ends the wait at once, with its journal", async () => {
    await addUnit(
      machine,
      "bad.service",
      `[Service]\\nType=oneshot\\nExecStart=${tools}/bash -c "echo the reason; exit 7"\\n`,
    );
    await machine.fail("systemctl start bad.service");
    await assert.rejects(machine.waitForUnit("bad.service"), {
      code: "DRIVER_UNIT_FAILED",
      message: /'bad\.service' on 'machine' .*result 'exit-code', exit status 7/,
      details: /the reason/,
    });
    await assert.rejects(machine.requireUnitState("bad.service"), { code: "DRIVER_UNIT_STATE" });
    await machine.requireUnitState("bad.service", "failed");
    await machine.succeed("systemctl reset-failed bad.service");
  });

  await step("a oneshot that has done its work counts as reached", async () => {
    await addUnit(machine, "once.service", `[Service]\\nType=oneshot\\nExecStart=${tools}/true\\n`);
    await machine.startJob("once.service");
    await machine.waitForUnit("once.service");
    assert.equal(await machine.getUnitProperty("once.service", "ActiveState"), "inactive");
  });

  await step("a unit that nobody starts is told from one that is late", async () => {
    await assert.rejects(machine.waitForUnit("no-such.service"), {
      code: "DRIVER_UNIT_FAILED",
      message: /no such unit/,
    });
    await addUnit(
      machine,
      "late.service",
      `[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=${tools}/sleep 4\\n`,
    );
    await machine.succeed("systemctl start --no-block late.service");
    await machine.waitForUnit("late.service");
    await machine.requireUnitState("late.service");
    assert.equal((await machine.stopJob("late.service")).status, 0);
    await machine.requireUnitState("late.service", "inactive");
  });

  await step("a time-out tells what the unit was doing", async () => {
    await addUnit(
      machine,
      "slow.service",
      `[Service]\\nType=oneshot\\nExecStart=${tools}/bash -c "echo still at it; ${tools}/sleep 600"\\n`,
    );
    await machine.succeed("systemctl start --no-block slow.service");
    await assert.rejects(machine.waitForUnit("slow.service", { timeoutMs: 4_000 }), {
      code: "DRIVER_TIMEOUT",
      message: "Wait for unit 'slow.service' on 'machine': not within 4 s",
      details: /activating[\s\S]*slow\.service[\s\S]*still at it/,
    });
  });

  await step("the lost root shell is noticed", async () => {
    const lost = machine.succeed("systemctl kill --signal=KILL backdoor.service; sleep 600");
    await assert.rejects(lost, { code: /DRIVER_SHELL_LOST/ });
  });
});
