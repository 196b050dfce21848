/**
 * One run of QEMU for a machine: from its start to its end, with the channels into it. A machine that is shut down and
 * started again gets a new guest; a reboot keeps it.
 *
 * The life of a guest is an AbortSignal whose reason says how it ended; every wait on the machine runs under it, so
 * nothing can wait for a machine that is gone. Ends: QEMU died, the kernel panicked, the guest powered itself off, the test
 * stopped it. The first two are trouble for the whole test, which `onTrouble` is told.
 */

import type { Socket } from "node:net";
import { filter, firstValueFrom, type Subscription } from "rxjs";
import { AppError } from "#store/std/app-error.ts";
import { requireProgram } from "../host/find-program.ts";
import type { RunRecord } from "../host/run-record.ts";
import { listenForOneClient } from "../host/socket-server.ts";
import { pause, untilAborted } from "../wait/deadline.ts";
import type { MachineSpec } from "./machine-spec.ts";
import { type AcceleratorName, type QemuPaths, qemuArguments, qemuProgram } from "./qemu-arguments.ts";
import { type QemuExit, QemuProcess } from "./qemu-process.ts";
import { QmpClient, type QmpEvent } from "./qmp-client.ts";
import { RootShell } from "./root-shell.ts";
import type { SerialLog } from "./serial-log.ts";

export interface GuestOptions {
  readonly spec: MachineSpec;
  readonly paths: QemuPaths;
  readonly accelerator: AcceleratorName;
  readonly record: RunRecord;
  readonly serial: SerialLog;
  /** QEMU's death and kernel panics, which nobody asked for. */
  readonly onTrouble: (error: AppError) => void;
  readonly onReset: () => void;
}

const panicPattern = /Kernel panic - not syncing: (.*)/;
/** The guest's own manager says that the service behind our shell is gone. */
const shellEndPattern = /backdoor\.service: (Main process exited|Failed with result|Deactivated)/;
/** A kernel prints its trace after the panic line. */
const panicTraceMs = 300;
const resetReasonMs = 150;

export class Guest {
  readonly shell: RootShell;
  readonly qmp: QmpClient;
  readonly serialSocket: Socket;
  readonly startedMs: number;
  readonly #options: GuestOptions;
  readonly #process: QemuProcess;
  readonly #life = new AbortController();
  readonly #serialLines: Subscription;
  #wantedEnd: string | undefined;
  #poweredOff = false;
  #panic: AppError | undefined;

  private constructor(options: GuestOptions, process: QemuProcess, sockets: Sockets, startedMs: number) {
    this.#options = options;
    this.#process = process;
    this.startedMs = startedMs;
    this.serialSocket = sockets.serial;
    this.qmp = new QmpClient(sockets.qmp);
    this.shell = new RootShell(options.spec.name);
    this.shell.attach(sockets.shell);
    this.qmp.events$.subscribe((event) => this.#onQmpEvent(event));
    this.#serialLines = options.serial.lines$.subscribe(({ text }) => this.#onSerialLine(text));
    this.#readSerial();
    process.exited.then((exit) => this.#onExit(exit));
  }

  /** Starts QEMU and waits until its channels are open; the guest boots from then on. */
  static async start(options: GuestOptions, signal: AbortSignal): Promise<Guest> {
    const { spec, paths, record } = options;
    const program = requireProgram(qemuProgram(spec.system).program);
    const servers = await Promise.all([paths.qmpSocket, paths.serialSocket, paths.shellSocket].map(listenForOneClient));
    const startedMs = Date.now();
    const process = new QemuProcess(program, qemuArguments(spec, paths, options.accelerator));
    if (process.pid !== undefined) record.add(process.pid);
    try {
      const failed = process.exited.then((exit) => Promise.reject(startError(spec.name, exit)));
      const clients = Promise.all(servers.map((server) => server.client(signal)));
      const [qmp, serial, shell] = await Promise.race([clients, failed]);
      if (qmp === undefined || serial === undefined || shell === undefined) throw new Error("a channel is missing");
      const guest = new Guest(options, process, { qmp, serial, shell }, startedMs);
      await Promise.race([untilAborted(guest.qmp.negotiate(), signal), failed]);
      failed.catch(() => {});
      return guest;
    } catch (error) {
      // A QEMU that is ending closes its sockets first; its exit has the better words.
      const exit = await Promise.race([
        process.exited,
        new Promise<undefined>((resolve) => setTimeout(resolve, 500, undefined)),
      ]);
      process.kill();
      throw exit === undefined ? error : startError(spec.name, exit);
    } finally {
      for (const server of servers) server[Symbol.dispose]();
    }
  }

  /** Aborted when the guest is gone; its reason says why. */
  get life(): AbortSignal {
    return this.#life.signal;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isRunning(): boolean {
    return !this.#life.signal.aborted;
  }

  /** From now on the end of QEMU is no trouble. */
  expectEnd(reason: string): void {
    this.#wantedEnd ??= reason;
  }

  /** Resolves when QEMU is gone. */
  async waitForExit(signal: AbortSignal): Promise<void> {
    await untilAborted(this.#process.exited, signal);
  }

  /** The next reset of the machine, by whomever. */
  async nextReset(signal: AbortSignal): Promise<void> {
    const isReset = filter(({ event }: QmpEvent) => event === "RESET");
    await untilAborted(firstValueFrom(this.qmp.events$.pipe(isReset), { defaultValue: undefined }), signal);
  }

  /** Ends QEMU: in order when it listens, by force when not. */
  async stop(reason: string): Promise<void> {
    this.expectEnd(reason);
    this.qmp.send("quit").catch(() => {});
    const force = setTimeout(() => this.#process.kill(), 3_000);
    await this.#process.exited;
    clearTimeout(force);
  }

  #readSerial(): void {
    const { serial } = this.#options;
    this.serialSocket.on("data", (chunk: Buffer) => {
      if (serial.write(chunk)) return;
      this.serialSocket.pause();
      serial.onceDrained(() => this.serialSocket.resume());
    });
    this.serialSocket.on("error", () => {});
  }

  #onQmpEvent({ event, data }: QmpEvent): void {
    if (event === "RESET" && data["guest"] === true) this.#onReset();
    if (event === "SHUTDOWN" && data["guest"] === true) this.#poweredOff = true;
    if (event === "GUEST_PANICKED") void this.#onPanic("the guest reported a panic to QEMU");
  }

  #onReset(): void {
    this.shell.reset(this.#resetReason());
    this.#options.onReset();
  }

  /** A kernel that panics may reset the machine; what it said before comes through another socket, a little later. */
  async #resetReason(): Promise<AppError> {
    const { name } = this.#options.spec;
    await pause(resetReasonMs, this.life).catch(() => {});
    if (this.#panic !== undefined) return this.#panic;
    return new AppError("DRIVER_MACHINE_REBOOTED", `Machine '${name}' was rebooted during the command`);
  }

  #onSerialLine(text: string): void {
    const panic = panicPattern.exec(text);
    if (panic !== null) void this.#onPanic(panic[1] ?? "");
    if (shellEndPattern.test(text)) {
      const { name } = this.#options.spec;
      this.shell.reset(new AppError("DRIVER_SHELL_LOST", `Machine '${name}' lost its root shell: its service ended`));
    }
  }

  async #onPanic(reason: string): Promise<void> {
    if (this.#panic !== undefined || this.#wantedEnd !== undefined) return;
    const { spec, serial } = this.#options;
    const make = (): AppError =>
      new AppError("DRIVER_GUEST_PANICKED", `The kernel of machine '${spec.name}' panicked: ${reason.trim()}`, {
        details: panicText(serial.recentText),
      });
    this.#panic = make();
    await pause(panicTraceMs, this.life).catch(() => {});
    this.#panic = make();
    this.#process.kill();
  }

  async #onExit(exit: QemuExit): Promise<void> {
    if (this.pid !== undefined) this.#options.record.remove(this.pid);
    // What the guest said last is still on its way through the socket.
    if (!this.serialSocket.closed) await new Promise((resolve) => this.serialSocket.once("close", resolve));
    this.#serialLines.unsubscribe();
    const error = this.#endReason(exit);
    const isTrouble = this.#wantedEnd === undefined && (this.#panic !== undefined || !this.#poweredOff);
    this.shell.reset(error);
    this.qmp.close();
    this.#life.abort(error);
    if (isTrouble) this.#options.onTrouble(error);
  }

  #endReason(exit: QemuExit): AppError {
    const { spec, serial } = this.#options;
    if (this.#wantedEnd !== undefined)
      return new AppError("DRIVER_MACHINE_OFF", `Machine '${spec.name}' ${this.#wantedEnd}`);
    if (this.#panic !== undefined) return this.#panic;
    const details = serial.tail(20).join("\n");
    if (this.#poweredOff) {
      return new AppError("DRIVER_MACHINE_OFF", `Machine '${spec.name}' powered itself off`, { details });
    }
    return new AppError("DRIVER_QEMU_DIED", `QEMU of machine '${spec.name}' ended ${howEnded(exit)}`, {
      details: [exit.messages, details].filter((part) => part !== "").join("\n"),
    });
  }
}

const linesBeforePanic = 20;
const linesOfTrace = 45;

/**
 * The kernel's trace, then what led to the panic: whoever sees only the end of a log must see the cause, not registers.
 */
function panicText(console: string): string {
  const lines = console.slice(-64 * 1024).split("\n");
  const at = lines.findLastIndex((line) => panicPattern.test(line));
  const cause = lines.slice(Math.max(0, at - linesBeforePanic), at + 1);
  const trace = lines.slice(at + 1, at + linesOfTrace).filter((line) => line.trim() !== "");
  return [...trace, "before that:", ...cause].join("\n");
}

interface Sockets {
  readonly qmp: Socket;
  readonly serial: Socket;
  readonly shell: Socket;
}

function startError(name: string, exit: QemuExit): AppError {
  const port = /set up host forwarding rule '\w+:[^:]*:(\d+)-/.exec(exit.messages)?.[1];
  if (port !== undefined) {
    return new AppError(
      "DRIVER_PORT_IN_USE",
      `Port ${port} of this host is in use; machine '${name}' cannot forward it`,
      {
        hint: "Choose another in virtualisation.forwardPorts, or end what listens there",
        details: exit.messages,
      },
    );
  }
  return new AppError("DRIVER_QEMU_START", `QEMU of machine '${name}' did not start: it ended ${howEnded(exit)}`, {
    details: exit.messages,
  });
}

function howEnded(exit: QemuExit): string {
  return exit.signal === null ? `with status ${exit.code}` : `by signal ${exit.signal}`;
}
