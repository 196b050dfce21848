/**
 * The contract with the distribution: what `machine.json` and `cluster.json` hold (ARCHITECTURE.md, "A machine, as the
 * driver sees it"). Read at the edge, checked once, typed afterwards. Paths are logical (`/nix/store/..`); where they are
 * on this host is the business of `StoreView`.
 */
import * as v from "valibot";
import { AppError } from "#store/std/app-error.ts";

const endpoint = v.object({
  address: v.string(),
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
});
const forwardPort = v.object({
  from: v.picklist(["host", "guest"]),
  proto: v.picklist(["tcp", "udp"]),
  host: endpoint,
  guest: endpoint,
});

const machineSchema = v.object({
  format: v.literal(1),
  name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "a machine's name must be a host name")),
  system: v.string(),
  kernel: v.string(),
  initrd: v.string(),
  toplevel: v.string(),
  kernelParams: v.array(v.string()),
  memoryMib: v.pipe(v.number(), v.integer(), v.minValue(32)),
  cores: v.pipe(v.number(), v.integer(), v.minValue(1)),
  machineType: v.string(),
  cpu: v.string(),
  nodeNumber: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(254)),
  vlans: v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255))),
  diskSizeMib: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(8))),
  forwardPorts: v.array(forwardPort),
  graphics: v.boolean(),
  qemuOptions: v.array(v.string()),
});

const clusterSchema = v.object({
  format: v.literal(1),
  name: v.string(),
  machines: v.pipe(v.array(machineSchema), v.minLength(1)),
  storePaths: v.string(),
});

/** The contents of a `machine.json`. */
export interface MachineSpec {
  readonly format: 1;
  readonly name: string;
  readonly system: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly toplevel: string;
  readonly kernelParams: readonly string[];
  readonly memoryMib: number;
  readonly cores: number;
  readonly machineType: string;
  readonly cpu: string;
  /** Alphabetical index over the cluster's machines, from 1; addresses and MACs come from it. */
  readonly nodeNumber: number;
  readonly vlans: readonly number[];
  /** `null`: the root file system is a tmpfs. */
  readonly diskSizeMib: number | null;
  readonly forwardPorts: readonly ForwardPort[];
  readonly graphics: boolean;
  readonly qemuOptions: readonly string[];
}

/** `virtualisation.forwardPorts`: from the host into the machine, or the other way round. */
export interface ForwardPort {
  readonly from: "host" | "guest";
  readonly proto: "tcp" | "udp";
  /** An empty address is the loopback of the host. */
  readonly host: { readonly address: string; readonly port: number };
  readonly guest: { readonly address: string; readonly port: number };
}

/** The contents of a `cluster.json`. */
export interface ClusterSpec {
  readonly format: 1;
  readonly name: string;
  readonly machines: readonly MachineSpec[];
  /** Logical path of the list of all store paths that the machines need, one a line. */
  readonly storePaths: string;
}

export function parseMachineSpec(text: string, origin: string): MachineSpec {
  return parse(machineSchema, text, origin);
}

export function parseClusterSpec(text: string, origin: string): ClusterSpec {
  return parse(clusterSchema, text, origin);
}

function parse<S extends v.GenericSchema>(schema: S, text: string, origin: string): v.InferOutput<S> {
  const result = v.safeParse(schema, readJson(text, origin));
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new AppError("DRIVER_SPEC", `Read '${origin}': ${v.getDotPath(issue) ?? "the file"}: ${issue.message}`, {
    hint: "driver and distribution must be of the same release",
  });
}

function readJson(text: string, origin: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("DRIVER_SPEC", `Read '${origin}': this is not JSON`, { cause });
  }
}
