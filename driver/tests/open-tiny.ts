/** Opens a cluster of tiny guests in a Firn root of its own, which goes with the cluster. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "#store/std/app-error.ts";
import { Cluster } from "../cluster.ts";
import type { Machine } from "../machine/machine.ts";
import type { MachineSpec } from "../machine/machine-spec.ts";
import { Journal } from "../report/journal.ts";
import { tinyGuest, tinySpec } from "./tiny-guest.ts";

export interface TinyCluster extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly root: string;
  readonly journal: Journal;
  machine(name: string): Machine;
}

/** How one machine differs from the others: changed fields, and words for its kernel line (`firn.fail=panic`). */
export type TinyMachine = Partial<MachineSpec> & { readonly words?: readonly string[] };

export async function openTiny(machines: Readonly<Record<string, TinyMachine>>): Promise<TinyCluster> {
  const root = mkdtempSync(join(tmpdir(), "firn-test-"));
  const journal = new Journal();
  const specs = Object.entries(machines).map(([name, changes], index) => toSpec(name, index + 1, changes));
  const cluster = await Cluster.open({
    machines: specs,
    storePaths: [],
    view: { physicalRoot: "/" },
    journal,
    reportFolder: join(root, "report"),
    root,
    accelerator: { name: "tcg", reason: "TCG: asked for by the test" },
  });
  return {
    cluster,
    root,
    journal,
    machine(name) {
      const machine = cluster.machines.get(name);
      if (machine === undefined) throw new AppError("TEST", `There is no machine '${name}'`);
      return machine;
    },
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function toSpec(name: string, nodeNumber: number, { words = [], ...changes }: TinyMachine): MachineSpec {
  const base = tinySpec(tinyGuest());
  const address = `firn.address=192.168.1.${nodeNumber}/24`;
  return { ...base, name, nodeNumber, vlans: [1], kernelParams: [...base.kernelParams, address, ...words], ...changes };
}
