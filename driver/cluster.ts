/**
 * A cluster: machines and the network between them, as one value with one end. Made from a ClusterSpec; nothing runs until
 * a machine is started.
 *
 * Invariants: whatever ends the cluster (disposal, a signal, trouble on a machine) ends every QEMU of it; the first trouble
 * is the reason that all waits on all machines are rejected with.
 */
import { mkdirSync } from "node:fs";
import type { AppError } from "#store/std/app-error.ts";
import { type Accelerator, probeAccelerator } from "./accelerator/probe-accelerator.ts";
import { storeImage } from "./disk/store-image.ts";
import { endWithProcess } from "./host/end-with-process.ts";
import { requireProgram } from "./host/find-program.ts";
import { type StoreView, stateFolders } from "./host/firn-root.ts";
import { cleanUpAfterDeadDrivers, RunRecord } from "./host/run-record.ts";
import { Machine } from "./machine/machine.ts";
import type { MachineSpec } from "./machine/machine-spec.ts";
import { qemuProgram } from "./machine/qemu-arguments.ts";
import { Network } from "./net/network.ts";
import type { Journal } from "./report/journal.ts";

export interface ClusterOptions {
  readonly machines: readonly MachineSpec[];
  /** All store paths that the machines need (logical); empty for guests that live in their initrd. */
  readonly storePaths: readonly string[];
  readonly view: StoreView;
  readonly journal: Journal;
  /** Serial logs, screenshots and packets go here. */
  readonly reportFolder: string;
  /** Whose state folders are used; `$FIRN_ROOT` unless told. */
  readonly root?: string;
  /** Ends everything. */
  readonly signal?: AbortSignal;
  /** Instead of a probe. */
  readonly accelerator?: Accelerator;
}

export class Cluster implements AsyncDisposable {
  readonly machines: ReadonlyMap<string, Machine>;
  readonly network: Network;
  readonly accelerator: Accelerator;
  readonly #record: RunRecord;
  readonly #forget: () => void;
  readonly #end: AbortController;

  private constructor(parts: {
    machines: ReadonlyMap<string, Machine>;
    network: Network;
    accelerator: Accelerator;
    record: RunRecord;
    end: AbortController;
  }) {
    this.machines = parts.machines;
    this.network = parts.network;
    this.accelerator = parts.accelerator;
    this.#record = parts.record;
    this.#end = parts.end;
    this.#forget = endWithProcess(parts.record);
  }

  static async open(options: ClusterOptions): Promise<Cluster> {
    const { machines: specs, journal, view, reportFolder } = options;
    for (const spec of specs) requireProgram(qemuProgram(spec.system).program);
    const folders = stateFolders(options.root);
    const left = cleanUpAfterDeadDrivers(folders.run);
    if (left.drivers > 0)
      journal.note(`cleaned up after ${left.drivers} killed driver(s), ${left.killed.length} QEMU process(es)`);
    mkdirSync(reportFolder, { recursive: true });
    const accelerator = options.accelerator ?? (await chooseAccelerator(specs, folders.run));
    journal.note(`accelerator: ${accelerator.reason}`);
    const { storePaths, signal } = options;
    const image =
      storePaths.length === 0
        ? null
        : await journal.action({ kind: "phase", title: "image" }, () =>
            storeImage(storePaths, { view, folder: folders.images, signal }),
          );
    const record = RunRecord.open(folders.run);
    const end = new AbortController();
    const network = await Network.open(specs, record.folder, reportFolder);
    const common = {
      view,
      storeImage: image,
      imagesFolder: folders.images,
      accelerator,
      record,
      journal,
      reportFolder,
    };
    const machines = specs.map((spec) => {
      const vlanSockets = network.socketsOf(spec.name);
      const onTrouble = (error: AppError): void => end.abort(error);
      const ended = signal === undefined ? end.signal : AbortSignal.any([end.signal, signal]);
      return new Machine({ ...common, spec, vlanSockets, signal: ended, onTrouble });
    });
    return new Cluster({
      machines: new Map(machines.map((machine) => [machine.name, machine])),
      network,
      accelerator,
      record,
      end,
    });
  }

  /** Aborted by the first trouble on a machine (QEMU died, a kernel panicked). */
  get trouble(): AbortSignal {
    return this.#end.signal;
  }

  /** Ends the waits on all machines with this reason. */
  abort(reason: unknown): void {
    this.#end.abort(reason);
  }

  /** Starts all machines at once and waits for their root shells. */
  async start(): Promise<void> {
    await Promise.all([...this.machines.values()].map((machine) => machine.connect()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.machines.values()].map((machine) => machine[Symbol.asyncDispose]()));
    await this.network[Symbol.asyncDispose]();
    this.#record[Symbol.dispose]();
    this.#forget();
  }
}

/** KVM only when every machine can run on it: a cluster with two speeds would measure neither. */
async function chooseAccelerator(specs: readonly MachineSpec[], runFolder: string): Promise<Accelerator> {
  const foreign = specs.find(({ system }) => !["x86_64-linux", "i686-linux"].includes(system));
  if (foreign !== undefined) return { name: "tcg", reason: `TCG: '${foreign.name}' is of system '${foreign.system}'` };
  return probeAccelerator(specs[0]?.cpu ?? "Nehalem", runFolder);
}
