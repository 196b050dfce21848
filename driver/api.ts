/** The driver's public interface: VM tests, clusters and machines as values, and running them from a command. */
export { type Accelerator, probeAccelerator } from "./accelerator/probe-accelerator.ts";
export { Cluster, type ClusterOptions } from "./cluster.ts";
export { type BootTimes, type CommandArguments, Machine } from "./machine/machine.ts";
export { type ClusterSpec, type MachineSpec, parseClusterSpec, parseMachineSpec } from "./machine/machine-spec.ts";
export type { CommandResult } from "./machine/root-shell.ts";
export type { UnitInfo } from "./machine/unit-state.ts";
export type { Network } from "./net/network.ts";
export { type NodeSource, type Nodes, type NodesFile, nodesFrom } from "./nodes/cluster-source.ts";
export { NixExpression, type NixValue, nix } from "./nodes/nix-text.ts";
export { Journal, type JournalEntry } from "./report/journal.ts";
export type { TestReport } from "./report/report-types.ts";
export { type BootMachineOptions, bootMachine } from "./run/boot-machine.ts";
export { type RunVmTestsOptions, type RunVmTestsResult, runVmTests } from "./run/run-vm-tests.ts";
export { type VmTestContext, type VmTestOptions, type VmTestTools, vmTest } from "./test/vm-test.ts";
export type { WaitOptions } from "./wait/deadline.ts";
