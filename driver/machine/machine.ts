/**
 * A machine as a test sees it: commands, waits, lifecycle. It outlives its runs of QEMU (see guest.ts): its disk and its
 * serial log stay over `shutdown` and `start`.
 *
 * Every public operation is an action in the journal, runs under one signal (deadline, caller, test, life of the guest)
 * and starts the machine when it is not running yet. What a failure needs to be understood goes into the error's details.
 */
import { join } from "node:path";
import { filter, firstValueFrom, type Observable, Subject } from "rxjs";
import { AppError, isAppError } from "#store/std/app-error.ts";
import type { Accelerator } from "../accelerator/probe-accelerator.ts";
import { createRootDisk } from "../disk/root-disk.ts";
import { physicalPath, type StoreView } from "../host/firn-root.ts";
import { freePort } from "../host/free-port.ts";
import type { RunRecord } from "../host/run-record.ts";
import type { ActionKind, ActionResult, Journal } from "../report/journal.ts";
import {
  defaultTimeoutMs,
  isTimeout,
  pause,
  pollUntil,
  timeoutError,
  untilAborted,
  type WaitOptions,
  withDeadline,
} from "../wait/deadline.ts";
import { pullFiles, pushFiles } from "./copy-files.ts";
import { describeOutput, indent } from "./describe-output.ts";
import { Guest } from "./guest.ts";
import { connectCommand, splitArguments, systemctlCommand, troubleCommand } from "./guest-commands.ts";
import { keysOfCharacter, keysOfCombination } from "./keys.ts";
import type { MachineSpec } from "./machine-spec.ts";
import { vlanDeviceId } from "./qemu-arguments.ts";
import type { QmpEvent } from "./qmp-client.ts";
import { quoteShell } from "./quote-shell.ts";
import type { CommandResult } from "./root-shell.ts";
import { type SerialLine, SerialLog } from "./serial-log.ts";
import { parseUnitInfo, type UnitInfo } from "./unit-state.ts";
import { UnitWait } from "./unit-wait.ts";

/** What a cluster gives each of its machines. */
export interface MachineEnvironment {
  readonly spec: MachineSpec;
  readonly view: StoreView;
  readonly storeImage: string | null;
  readonly imagesFolder: string;
  readonly accelerator: Accelerator;
  readonly record: RunRecord;
  readonly journal: Journal;
  /** Serial log, screenshots and copied files go here. */
  readonly reportFolder: string;
  /** One socket of a switch for each VLAN of the machine. */
  readonly vlanSockets: readonly string[];
  /** Aborted when the test is over, by whatever cause. */
  readonly signal: AbortSignal;
  readonly onTrouble: (error: AppError) => void;
}

/** Commands, then options: `succeed("true", "ls", { timeoutMs: 5000 })`. */
export type CommandArguments = readonly [...commands: string[], options: WaitOptions] | readonly string[];

/** Host times of a boot, from the start of QEMU. */
export interface BootTimes {
  readonly shellMs: number | null;
  readonly multiUserMs: number | null;
}

/** Beyond a command's own time, for the way through the console. */
const wireGraceMs = 15_000;
const bootTimeoutMs = 300_000;
/** Of `timeout`: GNU's 124, busybox's 143, and 137 when the command had to be killed. */
const timeoutStatuses: readonly number[] = [124, 137, 143];

export class Machine implements AsyncDisposable {
  readonly name: string;
  readonly spec: MachineSpec;
  readonly #environment: MachineEnvironment;
  readonly #serial: SerialLog;
  readonly #qmpEvents = new Subject<QmpEvent>();
  #guest: Guest | undefined;
  #starting: Promise<void> | undefined;
  #rootDisk: string | undefined;
  #shellMs: number | null = null;
  #bootStartedMs = 0;
  #isBooting = false;

  constructor(environment: MachineEnvironment) {
    const { spec, reportFolder, journal } = environment;
    this.name = spec.name;
    this.spec = spec;
    this.#environment = environment;
    this.#serial = new SerialLog(join(reportFolder, `serial-${spec.name}.log`));
    this.#serial.lines$.subscribe(({ text }) => journal.serial(spec.name, text));
  }

  // --- streams and state

  /** Lines of the serial console, live. */
  get console$(): Observable<SerialLine> {
    return this.#serial.lines$;
  }

  /** The serial console byte by byte, for a terminal. */
  get consoleBytes$(): Observable<Buffer> {
    return this.#serial.bytes$;
  }

  /** QEMU's events, live, over all runs of the machine. */
  get qmp$(): Observable<QmpEvent> {
    return this.#qmpEvents.asObservable();
  }

  /** The last lines of the serial console. */
  consoleTail(lineCount = 20): readonly string[] {
    return this.#serial.tail(lineCount);
  }

  /** True while QEMU runs. */
  isUp(): boolean {
    return this.#guest?.isRunning === true;
  }

  /** Direct access to QEMU's machine protocol. */
  readonly qmp: { send(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> } = {
    send: (command, args) => this.#running().qmp.send(command, args),
  };

  // --- lifecycle

  /** Starts QEMU; resolves as soon as it runs. Does nothing on a running machine. */
  async start(): Promise<void> {
    if (this.isUp()) return;
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    await this.#starting;
  }

  /** Waits for the root shell, after starting the machine when it is off. */
  async connect(options: WaitOptions = {}): Promise<void> {
    await this.start();
    const guest = this.#running();
    if (guest.shell.isReady) return;
    await this.#do("wait", "root shell", { timeoutMs: bootTimeoutMs, ...options }, (signal) =>
      guest.shell.ready(signal),
    );
  }

  /** Powers the machine off in order and waits until QEMU is gone. */
  async shutdown(options: WaitOptions = {}): Promise<void> {
    if (!this.isUp()) return;
    const guest = this.#running();
    await this.#act("machine", "shutdown", options, async (signal) => {
      guest.expectEnd("was shut down by the test");
      await this.#tellGuest("systemctl --no-block poweroff 2>/dev/null || poweroff", signal, () =>
        guest.qmp.send("system_powerdown"),
      );
      await guest.waitForExit(signal);
    });
  }

  /** Takes the power away: QEMU ends at once, the guest gets no chance to write anything. */
  async crash(): Promise<void> {
    if (!this.isUp()) return;
    await this.#environment.journal.action({ kind: "machine", title: "crash", machine: this.name }, () =>
      this.#running().stop("was crashed by the test"),
    );
  }

  /** Reboots in order and waits for the new root shell. */
  async reboot(options: WaitOptions = {}): Promise<void> {
    const guest = this.#running();
    await this.#do("machine", "reboot", { timeoutMs: bootTimeoutMs, ...options }, async (signal) => {
      const reset = guest.nextReset(signal);
      reset.catch(() => {});
      await this.#tellGuest("systemctl --no-block reboot 2>/dev/null || reboot", signal, () =>
        guest.qmp.send("send-key", { keys: toKeyValues(["ctrl", "alt", "delete"]) }),
      );
      await reset;
      await guest.shell.ready(signal);
    });
  }

  /** Waits until the guest has powered itself off. */
  async waitForShutdown(options: WaitOptions = {}): Promise<void> {
    const guest = this.#guest;
    if (guest === undefined) return;
    await this.#act("wait", "shutdown", options, (signal) => guest.waitForExit(signal));
  }

  // --- commands

  /**
   * Runs a command as root under `bash -c` with `set -euo pipefail` and no standard input. A background child that keeps
   * the output open does not hold up the result.
   * @throws AppError `DRIVER_TIMEOUT` (the guest ends the command), `DRIVER_SHELL_LOST`, or why the machine is gone
   */
  async execute(command: string, options: WaitOptions = {}): Promise<CommandResult> {
    await this.connect();
    const { journal } = this.#environment;
    const about = { kind: "command", title: command, machine: this.name } as const;
    return journal.action(about, () => this.#run(command, options), describeResult);
  }

  /** Runs the commands one after the other; all must end with status 0. Returns their standard output. */
  async succeed(...args: CommandArguments): Promise<string> {
    const { commands, options } = splitArguments(args);
    let output = "";
    for (const command of commands) {
      const result = await this.execute(command, options);
      if (result.status !== 0) throw this.#commandError(command, result);
      output += result.output;
    }
    return output;
  }

  /** Runs the commands one after the other; each must end with another status than 0. Returns their standard output. */
  async fail(...args: CommandArguments): Promise<string> {
    const { commands, options } = splitArguments(args);
    let output = "";
    for (const command of commands) {
      const result = await this.execute(command, options);
      if (result.status === 0) {
        const message = `Command on '${this.name}' succeeded though it should fail: ${command}`;
        throw new AppError("DRIVER_COMMAND_SUCCEEDED", message, { details: describeOutput(result) });
      }
      output += result.output;
    }
    return output;
  }

  /** Repeats the command until it ends with status 0; returns its standard output. */
  async waitUntilSucceeds(command: string, options: WaitOptions = {}): Promise<string> {
    return this.#waitForStatus(command, (status) => status === 0, "to succeed", options);
  }

  /** Repeats the command until it ends with another status than 0; returns its standard output. */
  async waitUntilFails(command: string, options: WaitOptions = {}): Promise<string> {
    return this.#waitForStatus(command, (status) => status !== 0, "to fail", options);
  }

  /** Lets time pass in the guest. */
  async sleep(durationMs: number): Promise<void> {
    await this.succeed(`sleep ${durationMs / 1000}`, { timeoutMs: durationMs * 3 + 60_000 });
  }

  // --- systemd

  /** `systemctl <query>`, for a user's own manager when one is named. */
  async systemctl(query: string, options: WaitOptions & { readonly user?: string } = {}): Promise<CommandResult> {
    return this.execute(systemctlCommand(query, options.user), options);
  }

  /** All properties of a unit. */
  async getUnitInfo(unit: string, options: WaitOptions & { readonly user?: string } = {}): Promise<UnitInfo> {
    const command = systemctlCommand(`--no-pager show ${quoteShell(unit)}`, options.user);
    return parseUnitInfo(await this.succeed(command, options));
  }

  /** One property of a unit; empty when systemd has no value for it. */
  async getUnitProperty(unit: string, property: string, options: WaitOptions = {}): Promise<string> {
    const command = `systemctl --no-pager show --property=${quoteShell(property)} ${quoteShell(unit)}`;
    const info = parseUnitInfo(await this.succeed(command, options));
    const value = info[property];
    if (value !== undefined) return value;
    throw new AppError("DRIVER_UNIT_PROPERTY", `Unit '${unit}' on '${this.name}' has no property '${property}'`);
  }

  /** Checks a unit's state at this moment. */
  async requireUnitState(unit: string, state = "active", options: WaitOptions = {}): Promise<void> {
    const actual = await this.getUnitProperty(unit, "ActiveState", options);
    if (actual === state) return;
    const message = `Unit '${unit}' on '${this.name}' is '${actual}' where '${state}' is required`;
    throw new AppError("DRIVER_UNIT_STATE", message, { details: await this.#describeUnit(unit) });
  }

  /**
   * Waits until a unit is active; a oneshot also counts when it has done its work and gone. Fails at once, with the unit's
   * state, jobs and journal, when the unit has failed or nothing is going to start it.
   */
  async waitForUnit(unit: string, options: WaitOptions & { readonly user?: string } = {}): Promise<void> {
    await this.connect(options);
    const wait = new UnitWait({ unit, user: options.user }, (command, signal) =>
      this.#run(command, { signal, timeoutMs: 60_000 }),
    );
    await this.#wait(
      `unit '${unit}'`,
      options,
      async (signal) => {
        const verdict = await wait.ask(signal);
        if (verdict.state === "failed") throw await this.#unitError(unit, verdict.reason, options.user);
        return verdict.state === "reached" || undefined;
      },
      () => this.#describeUnit(unit, options.user),
    );
  }

  async startJob(unit: string, options: WaitOptions & { readonly user?: string } = {}): Promise<CommandResult> {
    return this.systemctl(`start ${quoteShell(unit)}`, options);
  }

  async stopJob(unit: string, options: WaitOptions & { readonly user?: string } = {}): Promise<CommandResult> {
    return this.systemctl(`stop ${quoteShell(unit)}`, options);
  }

  // --- waits

  /** Waits until something accepts TCP connections on the port, seen from the machine itself. */
  async waitForOpenPort(port: number, options: WaitOptions & { readonly address?: string } = {}): Promise<void> {
    const { address = "localhost", ...wait } = options;
    await this.#waitForCommand(`port ${port} on ${address} open`, connectCommand(address, port), true, wait);
  }

  async waitForClosedPort(port: number, options: WaitOptions & { readonly address?: string } = {}): Promise<void> {
    const { address = "localhost", ...wait } = options;
    await this.#waitForCommand(`port ${port} on ${address} closed`, connectCommand(address, port), false, wait);
  }

  /** Waits until the path exists. */
  async waitForFile(path: string, options: WaitOptions = {}): Promise<void> {
    await this.#waitForCommand(`file '${path}'`, `test -e ${quoteShell(path)}`, true, options);
  }

  /** Waits until the serial console has said this, from the machine's first start on. Returns the matching text. */
  async waitForConsoleText(pattern: RegExp | string, options: WaitOptions = {}): Promise<string> {
    const regex =
      typeof pattern === "string"
        ? new RegExp(pattern)
        : new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
    await this.start();
    const match = (): string | undefined => regex.exec(this.#serial.recentText)?.[0];
    return this.#do("wait", `console text ${regex}`, options, async (signal) => {
      const found = match();
      if (found !== undefined) return found;
      const hit = this.#serial.changed$.pipe(filter(() => match() !== undefined));
      await untilAborted(firstValueFrom(hit), signal);
      return match() ?? "";
    });
  }

  /** Waits for an event of QEMU from now on. */
  async waitForQmpEvent(matches: (event: QmpEvent) => boolean, options: WaitOptions = {}): Promise<QmpEvent> {
    return this.#do("wait", "an event of QEMU", options, (signal) =>
      untilAborted(firstValueFrom(this.#qmpEvents.pipe(filter(matches))), signal),
    );
  }

  // --- screen and keyboard

  /** Saves the screen as `<name>.png` in the report; resolves to the file's path. */
  async screenshot(name: string = this.name): Promise<string> {
    const { journal, reportFolder } = this.#environment;
    const file = `${name.replace(/[^A-Za-z0-9_.-]+/g, "-")}.png`;
    const path = join(reportFolder, file);
    if (!this.spec.graphics) {
      throw new AppError("DRIVER_NO_DISPLAY", `Machine '${this.name}' has no display`, {
        hint: "set virtualisation.graphics = true in its configuration",
      });
    }
    const about = { kind: "screenshot", title: name, machine: this.name } as const;
    await journal.action(
      about,
      () => this.#running().qmp.send("screendump", { filename: path, format: "png" }),
      () => ({ file }),
    );
    return path;
  }

  /** Presses keys together: `ctrl-alt-delete`, `ret`, `shift-a`. */
  async sendKey(combination: string): Promise<void> {
    await this.#press(keysOfCombination(combination));
  }

  /** Types text on a US keyboard. */
  async sendChars(text: string, options: { readonly delayMs?: number } = {}): Promise<void> {
    for (const character of text) {
      await this.#press(keysOfCharacter(character));
      await pause(options.delayMs ?? 20, this.#environment.signal);
    }
  }

  /** Writes to the serial console, as a person at a terminal would. */
  sendConsole(text: string): void {
    this.#running().serialSocket.write(text);
  }

  // --- files, network, QEMU

  /** A command of QEMU's human monitor; resolves to what it printed. */
  async sendMonitorCommand(command: string): Promise<string> {
    return this.#running().qmp.monitor(command);
  }

  /** Copies a file or a folder of the host into the machine, through the shell. */
  async copyFromHost(source: string, target: string, options: WaitOptions = {}): Promise<void> {
    await this.connect();
    await this.#do("command", `copy ${source} to ${target}`, options, (signal) =>
      pushFiles(source, target, (command) => this.#run(command, { signal })),
    );
  }

  /** Copies a file or a folder of the machine into the report (below `targetFolder`); resolves to where it is now. */
  async copyFromMachine(source: string, targetFolder = "", options: WaitOptions = {}): Promise<string> {
    await this.connect();
    const folder = join(this.#environment.reportFolder, targetFolder);
    return this.#do("command", `copy ${source} from the machine`, options, (signal) =>
      pullFiles(source, folder, (command) => this.#runRaw(command, { signal })),
    );
  }

  /** Forwards a TCP port of the host's loopback to the machine; host port 0 picks a free one. Resolves to the host port. */
  async forwardPort(hostPort = 8080, guestPort = 80): Promise<number> {
    const port = hostPort === 0 ? await freePort() : hostPort;
    const answer = await this.sendMonitorCommand(`hostfwd_add user tcp:127.0.0.1:${port}-:${guestPort}`);
    if (answer.trim() === "") return port;
    throw new AppError("DRIVER_PORT", `Forward port ${port}: ${answer.trim()}`, {
      hint: "host port 0 picks a free one",
    });
  }

  /** Pulls the cables of the machine's VLANs. */
  async block(): Promise<void> {
    await this.#setLinks(false);
  }

  async unblock(): Promise<void> {
    await this.#setLinks(true);
  }

  // --- for the report

  /** When the last boot reached the root shell and multi-user.target, in host time from the start or reset of QEMU. */
  async bootTimes(): Promise<BootTimes> {
    const shellMs = this.#shellMs;
    const guest = this.#guest;
    if (guest === undefined || !guest.isRunning || !guest.shell.isReady) return { shellMs, multiUserMs: null };
    const answer = await this.#runForDetails(
      "systemctl show --property=ActiveEnterTimestampMonotonic --value multi-user.target; cat /proc/uptime",
    );
    const [reached = "", uptime = ""] = answer.split("\n");
    const reachedMs = Number(reached) / 1000;
    if (!(reachedMs > 0)) return { shellMs, multiUserMs: null };
    const agoMs = Number(uptime.split(" ")[0]) * 1000 - reachedMs;
    return { shellMs, multiUserMs: Math.round(Date.now() - agoMs - this.#bootStartedMs) };
  }

  /** What a person wants to know about a machine on which a test failed; never throws, never takes long. */
  async describeTrouble(): Promise<string> {
    const parts = [`console of ${this.name}:`, ...this.#serial.tail(25).map((line) => `  ${line}`)];
    const guest = this.#guest;
    if (guest?.isRunning === true && guest.shell.isReady && !guest.shell.isBusy) {
      const result = await this.#run(
        troubleCommand,
        { timeoutMs: 15_000, signal: AbortSignal.timeout(20_000) },
        [],
      ).catch(() => undefined);
      if (result !== undefined && result.output.trim() !== "")
        parts.push(`state of ${this.name}:`, indent(result.output));
    }
    return parts.join("\n");
  }

  /** Ends QEMU and closes the log. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#starting?.catch(() => {});
    await this.#guest?.stop("was stopped at the end of the test");
    await this.#serial.close();
    this.#qmpEvents.complete();
  }

  // --- inside

  async #start(): Promise<void> {
    const { journal, signal, spec } = this.#environment;
    await journal.action({ kind: "machine", title: "start", machine: this.name }, async () => {
      this.#shellMs = null;
      const folder = join(this.#environment.record.folder, spec.name);
      const { mkdir, rm } = await import("node:fs/promises");
      await mkdir(folder, { recursive: true });
      for (const socket of ["qmp", "serial", "shell"]) await rm(join(folder, socket), { force: true });
      await this.#createDisk(folder);
      journal.state(this.name, "starting");
      this.#guest = await Guest.start(this.#guestOptions(folder), signal);
    });
    const guest = this.#running();
    this.#bootStartedMs = guest.startedMs;
    guest.qmp.events$.subscribe((event) => this.#qmpEvents.next(event));
    this.#watchBoot(guest);
    guest.life.addEventListener("abort", () => journal.state(this.name, endState(guest.life.reason)), { once: true });
  }

  async #createDisk(folder: string): Promise<void> {
    const { spec, imagesFolder, signal } = this.#environment;
    if (spec.diskSizeMib === null || this.#rootDisk !== undefined) return;
    const path = join(folder, "root.qcow2");
    await createRootDisk(path, { sizeMib: spec.diskSizeMib, imagesFolder, signal });
    this.#rootDisk = path;
  }

  #guestOptions(folder: string): Parameters<typeof Guest.start>[0] {
    const { spec, view, storeImage, vlanSockets, accelerator, record, onTrouble } = this.#environment;
    return {
      spec,
      record,
      onTrouble,
      accelerator: accelerator.name,
      serial: this.#serial,
      onReset: () => this.#onReset(),
      paths: {
        kernel: physicalPath(view, spec.kernel),
        initrd: physicalPath(view, spec.initrd),
        storeImage,
        rootDisk: this.#rootDisk ?? null,
        qmpSocket: join(folder, "qmp"),
        serialSocket: join(folder, "serial"),
        shellSocket: join(folder, "shell"),
        vlanSockets,
      },
    };
  }

  /** Some machines reset themselves twice on one reboot. */
  #onReset(): void {
    this.#bootStartedMs = Date.now();
    if (this.#isBooting) return;
    this.#environment.journal.state(this.name, "rebooting");
    if (this.#guest !== undefined) this.#watchBoot(this.#guest);
  }

  /** Notes when the root shell of the coming boot answers. */
  #watchBoot(guest: Guest): void {
    this.#isBooting = true;
    guest.shell.ready(guest.life).then(
      () => {
        this.#isBooting = false;
        this.#shellMs = Date.now() - this.#bootStartedMs;
        this.#environment.journal.state(this.name, "shell");
      },
      () => {},
    );
  }

  #running(): Guest {
    if (this.#guest !== undefined) return this.#guest;
    throw new AppError("DRIVER_MACHINE_OFF", `Machine '${this.name}' has not been started`);
  }

  /** Runs work under deadline, caller, test and, as the machine runs, its life. */
  async #do<T>(
    kind: ActionKind,
    what: string,
    options: WaitOptions,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const life = this.#guest?.life;
    return this.#act(kind, what, options, work, life);
  }

  async #act<T>(
    kind: ActionKind,
    what: string,
    options: WaitOptions,
    work: (signal: AbortSignal) => Promise<T>,
    life?: AbortSignal,
  ): Promise<T> {
    const { journal, signal } = this.#environment;
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    const title = kind === "wait" ? `wait for ${what}` : what;
    return journal.action({ kind, title, machine: this.name }, () =>
      withDeadline(
        `${capital(title)} on '${this.name}'`,
        { timeoutMs, signals: [options.signal, signal, life] },
        work,
      ).catch((error: unknown) => Promise.reject(this.#withConsole(error))),
    );
  }

  /** A wait that asks the guest again and again; a time-out tells what the last state was. */
  async #wait<T>(
    what: string,
    options: WaitOptions,
    probe: (signal: AbortSignal) => Promise<T | undefined>,
    explain: () => Promise<string>,
  ): Promise<T> {
    try {
      return await this.#do("wait", what, options, (signal) => pollUntil(probe, signal));
    } catch (error) {
      if (!isTimeout(error) || !(error instanceof AppError)) throw error;
      const reason = await explain().catch(() => "");
      throw new AppError(error.code, error.message, {
        details: [reason, error.details].filter(Boolean).join("\n"),
        cause: error,
      });
    }
  }

  async #waitForCommand(what: string, command: string, wantsSuccess: boolean, options: WaitOptions): Promise<void> {
    await this.connect(options);
    await this.#wait(
      what,
      options,
      async (signal) =>
        ((await this.#run(command, { signal, timeoutMs: 30_000 })).status === 0) === wantsSuccess || undefined,
      () => this.#runForDetails("ss -tlnp 2>/dev/null || true"),
    );
  }

  async #waitForStatus(
    command: string,
    isWanted: (status: number) => boolean,
    what: string,
    options: WaitOptions,
  ): Promise<string> {
    await this.connect(options);
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    let last: CommandResult | undefined;
    return this.#wait(
      `'${command}' ${what}`,
      options,
      async (signal) => {
        last = await this.#run(command, { signal, timeoutMs });
        return isWanted(last.status) ? last.output : undefined;
      },
      async () => (last === undefined ? "the command never ended" : `last attempt:\n${describeOutput(last)}`),
    );
  }

  async #run(command: string, options: WaitOptions, extra?: readonly AbortSignal[]): Promise<CommandResult> {
    const start = performance.now();
    const raw = await this.#runRaw(command, options, extra);
    return {
      status: raw.status,
      output: raw.stdout.toString("utf8"),
      stderr: raw.stderr.toString("utf8"),
      durationMs: Math.round(performance.now() - start),
    };
  }

  /** `extra` replaces the test's signal, for what is asked after the test's end. */
  async #runRaw(
    command: string,
    options: WaitOptions,
    extra: readonly AbortSignal[] = [this.#environment.signal],
  ): Promise<{ status: number; stdout: Buffer; stderr: Buffer }> {
    const guest = this.#running();
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    const what = `Command on '${this.name}': ${command}`;
    const signals = [options.signal, guest.life, ...extra];
    const start = performance.now();
    const result = await withDeadline(what, { timeoutMs: timeoutMs + wireGraceMs, signals }, (signal) =>
      guest.shell.run(command, timeoutMs, signal),
    );
    if (!timeoutStatuses.includes(result.status) || performance.now() - start < timeoutMs) return result;
    const error = timeoutError(what, timeoutMs);
    throw new AppError(error.code, error.message, {
      details: describeOutput({
        status: 124,
        output: result.stdout.toString("utf8"),
        stderr: result.stderr.toString("utf8"),
      }),
    });
  }

  /** Asks the guest to go down; the answer may be lost on the way, and a guest without a shell gets the keys. */
  async #tellGuest(command: string, signal: AbortSignal, otherwise: () => Promise<unknown>): Promise<void> {
    const guest = this.#running();
    if (!guest.shell.isReady) return void (await otherwise());
    try {
      const result = await guest.shell.run(command, 60_000, signal);
      if (result.status !== 0) await otherwise();
    } catch (error) {
      if (!isAppError(error) || signal.aborted) throw error;
      const isGoingDown = ["DRIVER_SHELL_LOST", "DRIVER_MACHINE_REBOOTED", "DRIVER_MACHINE_OFF"].includes(error.code);
      if (!isGoingDown) throw error;
    }
  }

  async #press(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    await this.#running().qmp.send("send-key", { keys: toKeyValues(keys), "hold-time": 10 });
  }

  async #setLinks(up: boolean): Promise<void> {
    const guest = this.#running();
    const about = { kind: "machine", title: up ? "unblock" : "block", machine: this.name } as const;
    await this.#environment.journal.action(about, async () => {
      for (const index of this.spec.vlans.keys()) await guest.qmp.send("set_link", { name: vlanDeviceId(index), up });
    });
  }

  async #unitError(unit: string, reason: string, user: string | undefined): Promise<AppError> {
    return new AppError("DRIVER_UNIT_FAILED", `Unit '${unit}' on '${this.name}' will not become active: ${reason}`, {
      details: await this.#describeUnit(unit, user),
    });
  }

  async #describeUnit(unit: string, user?: string): Promise<string> {
    const name = quoteShell(unit);
    const status = systemctlCommand(`--no-pager --full --lines=0 status ${name}`, user);
    const jobs = systemctlCommand("--no-pager list-jobs --no-legend", user);
    return this.#runForDetails(
      `{ ${status}; echo jobs:; ${jobs}; echo journal:; journalctl --no-pager --boot --lines=20 --unit=${name}; } 2>&1 || true`,
    );
  }

  async #runForDetails(command: string): Promise<string> {
    const options = { timeoutMs: 25_000, signal: AbortSignal.timeout(28_000) };
    return this.#run(command, options, []).then(
      (result) => result.output.trimEnd(),
      () => "",
    );
  }

  #commandError(command: string, result: CommandResult): AppError {
    return new AppError(
      "DRIVER_COMMAND_FAILED",
      `Command on '${this.name}' failed with status ${result.status}: ${command}`,
      {
        details: describeOutput(result),
      },
    );
  }

  /** A wait that ran out of time says what the console said last. */
  #withConsole(error: unknown): unknown {
    if (!(error instanceof AppError) || !isTimeout(error) || error.details !== undefined) return error;
    const details = ["last lines of the console:", ...this.#serial.tail(15)].join("\n");
    return new AppError(error.code, error.message, { details, cause: error });
  }
}

function describeResult({ status, output, stderr }: CommandResult): ActionResult {
  return { status, output, stderr };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function toKeyValues(keys: readonly string[]): { type: string; data: string }[] {
  return keys.map((data) => ({ type: "qcode", data }));
}

function endState(reason: unknown): "off" | "crashed" | "panicked" {
  if (!isAppError(reason) || reason.code === "DRIVER_MACHINE_OFF") return "off";
  return reason.code === "DRIVER_GUEST_PANICKED" ? "panicked" : "crashed";
}
