/**
 * What is asked of the machines at the end of a test, while they still run: boot times and a screen of each, and after a
 * failure their state. Nothing here may fail the test or take long.
 */
import type { Cluster } from "../cluster.ts";
import type { Machine } from "../machine/machine.ts";
import type { ReportBuilder } from "./report-builder.ts";
import type { MachineReport } from "./report-types.ts";

const limitMs = 30_000;

export async function collectEvidence(
  cluster: Cluster,
  report: ReportBuilder,
  options: { readonly failed: boolean },
): Promise<void> {
  const machines = [...cluster.machines.values()];
  report.machines = await Promise.all(machines.map((machine) => describeMachine(machine, options.failed)));
  report.networks = [...cluster.network.switches.values()].map((lan) => ({
    vlan: lan.vlan,
    ...lan.statistics,
    pcap: `vlan${lan.vlan}.pcap`,
  }));
}

async function describeMachine(
  machine: Machine,
  failed: boolean,
): Promise<Omit<MachineReport, "states" | "screenshots">> {
  const { name, system, memoryMib, cores, graphics } = machine.spec;
  if (graphics && machine.isUp()) await within(machine.screenshot(), "");
  const boot = await within(machine.bootTimes(), { shellMs: null, multiUserMs: null });
  const trouble = failed ? await within(machine.describeTrouble(), "") : null;
  return { name, system, memoryMib, cores, boot, serialLog: `serial-${name}.log`, trouble };
}

async function within<T>(work: Promise<T>, otherwise: T): Promise<T> {
  const late = Promise.withResolvers<T>();
  const timer = setTimeout(() => late.resolve(otherwise), limitMs);
  const result = await Promise.race([work.catch(() => otherwise), late.promise]);
  clearTimeout(timer);
  return result;
}
