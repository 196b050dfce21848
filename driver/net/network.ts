/** The network of a cluster: one switch a VLAN, with a socket for each machine's NIC in it, and the packets kept. */
import { join } from "node:path";
import type { MachineSpec } from "../machine/machine-spec.ts";
import { EthernetSwitch } from "./ethernet-switch.ts";
import { PcapWriter } from "./pcap-writer.ts";

export class Network implements AsyncDisposable {
  /** By VLAN number. */
  readonly switches: ReadonlyMap<number, EthernetSwitch>;
  readonly #sockets: ReadonlyMap<string, readonly string[]>;

  private constructor(switches: ReadonlyMap<number, EthernetSwitch>, sockets: ReadonlyMap<string, readonly string[]>) {
    this.switches = switches;
    this.#sockets = sockets;
  }

  /** Opens the switches; sockets lie in `socketFolder`, packets go to `vlan<number>.pcap` in `reportFolder`. */
  static async open(specs: readonly MachineSpec[], socketFolder: string, reportFolder: string): Promise<Network> {
    const switches = new Map<number, EthernetSwitch>();
    const sockets = new Map<string, readonly string[]>();
    for (const spec of specs) {
      const own: string[] = [];
      for (const [index, vlan] of spec.vlans.entries()) {
        const lan =
          switches.get(vlan) ?? new EthernetSwitch(vlan, new PcapWriter(join(reportFolder, `vlan${vlan}.pcap`)));
        switches.set(vlan, lan);
        const path = join(socketFolder, `n${spec.nodeNumber}-${index}`);
        await lan.listen(spec.name, path);
        own.push(path);
      }
      sockets.set(spec.name, own);
    }
    return new Network(switches, sockets);
  }

  /** One socket for each VLAN of the machine, in the order of its specification. */
  socketsOf(machine: string): readonly string[] {
    return this.#sockets.get(machine) ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.switches.values()].map((lan) => lan[Symbol.asyncDispose]()));
  }
}
