/**
 * One VLAN: a learning Ethernet switch in this process, whose ports are QEMU's `stream` sockets. No root, no tap devices,
 * nothing on the host's network. Frames pass unchanged (also those with 802.1Q tags); the address table is learnt from
 * source addresses; what goes to many or to nobody known is flooded.
 *
 * Back pressure: a port whose queue is full stops the ports that send to it until it drains, so that TCP between machines
 * is slowed down rather than torn. A port that does not drain for a while (a stopped machine) counts as stalled: it loses
 * frames until it reads again, and holds nobody up.
 */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { FrameReader } from "./frame-reader.ts";
import type { PcapWriter } from "./pcap-writer.ts";

/** What happens to a frame between two ports. Faults (latency, loss, partitions) are functions of this shape. */
export type FrameGate = (frame: Buffer, from: string, to: string, deliver: (frame: Buffer) => void) => void;

export interface SwitchStatistics {
  readonly frames: number;
  readonly bytes: number;
  readonly dropped: number;
}

const queueLimitBytes = 512 * 1024;
const stallMs = 250;

class Port {
  readonly name: string;
  readonly socket: Socket;
  isStalled = false;
  readonly waiting = new Set<Port>();
  #stallTimer: NodeJS.Timeout | undefined;

  constructor(name: string, socket: Socket) {
    this.name = name;
    this.socket = socket;
    socket.on("drain", () => this.release());
  }

  /** True when the frame was taken. */
  send(frame: Buffer): boolean {
    if (this.isStalled || this.socket.destroyed) return false;
    const header = Buffer.allocUnsafe(4);
    header.writeUInt32BE(frame.length, 0);
    this.socket.cork();
    this.socket.write(header);
    this.socket.write(frame);
    this.socket.uncork();
    return true;
  }

  get isFull(): boolean {
    return this.socket.writableLength > queueLimitBytes;
  }

  /** Stops `sender` until this port has drained or counts as stalled. */
  hold(sender: Port): void {
    this.waiting.add(sender);
    sender.socket.pause();
    this.#stallTimer ??= setTimeout(() => {
      this.release();
      this.isStalled = true;
    }, stallMs);
  }

  release(): void {
    clearTimeout(this.#stallTimer);
    this.#stallTimer = undefined;
    this.isStalled = false;
    for (const sender of this.waiting) sender.socket.resume();
    this.waiting.clear();
  }
}

export class EthernetSwitch implements AsyncDisposable {
  readonly vlan: number;
  readonly #servers: Server[] = [];
  readonly #ports = new Set<Port>();
  readonly #table = new Map<string, Port>();
  readonly #pcap: PcapWriter | undefined;
  #statistics = { frames: 0, bytes: 0, dropped: 0 };
  #gate: FrameGate | undefined;

  constructor(vlan: number, pcap?: PcapWriter) {
    this.vlan = vlan;
    this.#pcap = pcap;
  }

  get statistics(): SwitchStatistics {
    return { ...this.#statistics };
  }

  /** Puts a fault between the ports, or takes it away. */
  setGate(gate: FrameGate | undefined): void {
    this.#gate = gate;
  }

  /** Opens a socket for a machine's NIC; QEMU connects to it, again after a restart of the machine. */
  async listen(name: string, path: string): Promise<void> {
    const server = createServer((socket) => this.#connect(name, socket));
    this.#servers.push(server);
    server.listen(path);
    await once(server, "listening");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const port of this.#ports) {
      port.release();
      port.socket.destroy();
    }
    for (const server of this.#servers) server.close();
    await this.#pcap?.close();
  }

  #connect(name: string, socket: Socket): void {
    const port = new Port(name, socket);
    const reader = new FrameReader();
    this.#ports.add(port);
    socket.on("data", (chunk: Buffer) => {
      for (const frame of reader.push(chunk)) this.#forward(frame, port);
    });
    socket.on("error", () => {});
    socket.on("close", () => this.#disconnect(port));
  }

  #disconnect(port: Port): void {
    port.release();
    this.#ports.delete(port);
    for (const [address, owner] of this.#table) if (owner === port) this.#table.delete(address);
  }

  #forward(frame: Buffer, from: Port): void {
    if (frame.length < 14) return;
    this.#pcap?.write(frame, Date.now());
    this.#statistics.frames += 1;
    this.#statistics.bytes += frame.length;
    this.#table.set(frame.toString("latin1", 6, 12), from);
    const isGroup = ((frame[0] ?? 0) & 1) === 1;
    const target = isGroup ? undefined : this.#table.get(frame.toString("latin1", 0, 6));
    if (target === from) return;
    if (target !== undefined) this.#deliver(frame, from, target);
    else for (const port of this.#ports) if (port !== from) this.#deliver(frame, from, port);
  }

  #deliver(frame: Buffer, from: Port, to: Port): void {
    if (this.#gate === undefined) this.#put(frame, from, to);
    else this.#gate(Buffer.from(frame), from.name, to.name, (passed) => this.#put(passed, from, to));
  }

  #put(frame: Buffer, from: Port, to: Port): void {
    if (!to.send(frame)) this.#statistics.dropped += 1;
    else if (to.isFull) to.hold(from);
  }
}
