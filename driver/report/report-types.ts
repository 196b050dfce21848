/** `report.json`: everything about one VM test that a program may want to read. Times are host milliseconds since 1970. */
import type { ActionKind, MachineState } from "./journal.ts";

export interface TestReport {
  readonly format: 1;
  readonly name: string;
  /** Name of the report's folder. */
  readonly slug: string;
  readonly file: string;
  readonly outcome: "passed" | "failed";
  readonly startedMs: number;
  readonly durationMs: number;
  readonly error: ReportedError | null;
  readonly accelerator: { readonly name: string; readonly reason: string } | null;
  readonly host: {
    readonly processors: number;
    readonly memoryMib: number;
    readonly node: string;
    readonly kernel: string;
  };
  readonly phases: readonly { readonly name: string; readonly startedMs: number; readonly durationMs: number }[];
  readonly machines: readonly MachineReport[];
  readonly networks: readonly NetworkReport[];
  readonly actions: readonly ActionReport[];
  readonly notes: readonly { readonly timeMs: number; readonly text: string }[];
}

export interface ReportedError {
  readonly code: string | null;
  readonly message: string;
  readonly hint: string | null;
  readonly details: string | null;
  readonly stack: string | null;
}

export interface MachineReport {
  readonly name: string;
  readonly system: string;
  readonly memoryMib: number;
  readonly cores: number;
  /** Host time from the start of QEMU; null when it was not reached. */
  readonly boot: { readonly shellMs: number | null; readonly multiUserMs: number | null };
  readonly states: readonly { readonly timeMs: number; readonly state: MachineState }[];
  /** Files in the report folder. */
  readonly serialLog: string;
  readonly screenshots: readonly string[];
  /** Failed units, jobs, journal and console of a failed test. */
  readonly trouble: string | null;
}

export interface NetworkReport {
  readonly vlan: number;
  readonly frames: number;
  readonly bytes: number;
  readonly dropped: number;
  readonly pcap: string;
}

/** A step, a command, a wait ...; `parent` is the action it is part of. */
export interface ActionReport {
  readonly id: number;
  readonly parent: number | null;
  readonly kind: ActionKind;
  readonly title: string;
  readonly machine: string | null;
  readonly startedMs: number;
  /** Null when it had not ended with the test. */
  readonly durationMs: number | null;
  readonly error: string | null;
  readonly status: number | null;
  readonly output: string | null;
  readonly stderr: string | null;
  readonly file: string | null;
}
