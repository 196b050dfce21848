/**
 * The root shell on hvc0: a bash that reads commands from a virtio console, one at a time (the backdoor of NixOS tests, so
 * guests that were made for NixOS's driver work here). The guest announces the shell with a banner; nothing else marks
 * its beginning, and nothing at all its end.
 *
 * A command's output goes to files in the guest and comes back encoded when the command itself has ended. A pipe, as in
 * the original protocol, is held open by every background child of the command, which makes the driver hang; a file is not
 * (shell-prologue.ts).
 * Each answer carries the number of its command, so junk on the line (also an echo of the command, which spells the number
 * otherwise) is skipped and never taken for an answer.
 *
 * Invariants: at most one command is on the wire; after a reset of the guest the pending command is rejected and the shell
 * waits for a new banner; a caller that gives up leaves its command running, and the next one waits for its end.
 */
import type { Duplex } from "node:stream";
import { AppError } from "#store/std/app-error.ts";
import { untilAborted } from "../wait/deadline.ts";
import { quoteShell } from "./quote-shell.ts";
import { decodeOutput, shellPrologue } from "./shell-prologue.ts";

/** What a command left behind. */
export interface CommandResult {
  readonly status: number;
  /** Standard output. */
  readonly output: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export interface RawCommandResult {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

const banner = "Spawning backdoor root shell...";
/** What the guest may use beyond a command's own time before the shell counts as lost. */
const answerGraceMs = 20_000;

interface Pending {
  readonly marker: string;
  readonly resolve: (fields: string[]) => void;
  readonly reject: (error: Error) => void;
}

export class RootShell {
  readonly #machineName: string;
  #stream: Duplex | undefined;
  #pieces: string[] = [];
  #ready = Promise.withResolvers<void>();
  #isReady = false;
  #pending: Pending | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #nextNumber = 1;

  constructor(machineName: string) {
    this.#machineName = machineName;
    this.#ready.promise.catch(() => {});
  }

  /** True while the guest's shell is there, busy or not. */
  get isReady(): boolean {
    return this.#isReady;
  }

  get isBusy(): boolean {
    return this.#pending !== undefined;
  }

  /** Begins to listen on QEMU's end of the console. Its owner calls `reset` when the guest is gone. */
  attach(stream: Duplex): void {
    this.#stream = stream;
    stream.on("data", (chunk: Buffer) => this.#receive(chunk.toString("latin1")));
    stream.on("error", () => {});
  }

  /**
   * The guest was reset or its shell ended: the pending command fails (as soon as the reason is known), the next banner
   * begins anew.
   */
  reset(reason: AppError | Promise<AppError>): void {
    const pending = this.#pending;
    if (pending !== undefined) Promise.resolve(reason).then(pending.reject, pending.reject);
    this.#pending = undefined;
    this.#pieces = [];
    if (!this.#isReady) return;
    this.#isReady = false;
    this.#ready = Promise.withResolvers<void>();
    this.#ready.promise.catch(() => {});
  }

  /** Resolves when the shell answers. */
  async ready(signal: AbortSignal): Promise<void> {
    await untilAborted(this.#ready.promise, signal);
  }

  /**
   * Runs `command` in a subshell with `set -euo pipefail` and an empty standard input.
   * @throws AppError `DRIVER_SHELL_LOST` when the guest gives no answer
   */
  async run(command: string, timeoutMs: number, signal: AbortSignal): Promise<RawCommandResult> {
    const previous = this.#queue;
    const turn = Promise.withResolvers<void>();
    this.#queue = turn.promise;
    try {
      await untilAborted(previous, signal);
      await this.ready(signal);
    } catch (error) {
      // The next caller still has to wait for whoever is before us.
      previous.finally(() => turn.resolve()).catch(() => {});
      throw error;
    }
    const answer = this.#runOne(command, timeoutMs);
    answer.then(
      () => turn.resolve(),
      () => turn.resolve(),
    );
    return untilAborted(answer, signal);
  }

  /** Sends a line for which no answer is expected, as for a reboot. */
  sendLine(line: string): void {
    this.#stream?.write(`${line}\n`);
  }

  async #runOne(command: string, timeoutMs: number): Promise<RawCommandResult> {
    const number = this.#nextNumber++;
    const fields = await this.#ask(
      commandLine(number, command, timeoutMs),
      `firn:${number}:`,
      timeoutMs + answerGraceMs,
    );
    const [status = "", stdout = "", stderr = ""] = fields;
    return { status: Number(status), stdout: decodeOutput(stdout), stderr: decodeOutput(stderr) };
  }

  async #ask(line: string, marker: string, timeoutMs: number): Promise<string[]> {
    const { promise, resolve, reject } = Promise.withResolvers<string[]>();
    const timer = setTimeout(
      () => this.reset(lostError(this.#machineName, "it gave no answer")),
      Math.min(timeoutMs, 2 ** 31 - 1),
    );
    timer.unref();
    this.#pending = { marker, resolve, reject };
    this.#stream?.write(`${line}\n`);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Pieces are kept apart until a line ends: an answer may be megabytes long. */
  #receive(text: string): void {
    const lines = text.split("\n");
    const last = lines.pop() ?? "";
    for (const line of lines) {
      this.#pieces.push(line);
      const whole = this.#pieces.join("");
      this.#pieces = [];
      if (whole.includes(banner)) this.#greet();
      else this.#takeLine(whole);
    }
    if (last !== "") this.#pieces.push(last);
  }

  /** A new shell. The first line tells whether it really reads, and where its files may lie. */
  #greet(): void {
    this.reset(lostError(this.#machineName, "a new root shell was started in its place"));
    this.#ask(shellPrologue, "firn:hello:", 60_000).then(
      () => {
        this.#isReady = true;
        this.#ready.resolve();
      },
      () => {},
    );
  }

  #takeLine(line: string): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    const at = line.indexOf(pending.marker);
    if (at < 0) return;
    this.#pending = undefined;
    pending.resolve(
      line
        .slice(at + pending.marker.length)
        .replace(/\r$/, "")
        .split(":"),
    );
  }
}

function commandLine(number: number, command: string, timeoutMs: number): string {
  return `F ${number} ${Math.max(1, Math.ceil(timeoutMs / 1000))} ${quoteShell(command)}`;
}

function lostError(machineName: string, why: string): AppError {
  return new AppError("DRIVER_SHELL_LOST", `Machine '${machineName}' lost its root shell: ${why}`);
}
