/**
 * Runs one program under bubblewrap and tells how it ended. The status pipe tells a builder that failed from a sandbox
 * that could not be made: bubblewrap reports an exit code only for a program that it has started.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { AppError } from "../../std/app-error.ts";
import { ignoreCode } from "../../std/system-error.ts";
import type { LogPipe, LogPipes } from "./log-pipe.ts";
import { encodeSandboxArguments, type SandboxPlan } from "./sandbox-plan.ts";
import { explainSandboxFailure } from "./sandbox-problem.ts";
import { seccompFilter } from "./seccomp-filter.ts";

export interface SandboxedProgram {
  readonly plan: SandboxPlan;
  readonly program: string;
  readonly args: readonly string[];
  readonly pipes: LogPipes;
  /** Called with the bytes of both outputs as they come. What it throws ends the program. */
  readonly onOutput: (chunk: Buffer) => void;
  /** Aborting kills everything inside at once. */
  readonly signal: AbortSignal;
}

export type SandboxedEnd =
  | { readonly type: "exited"; readonly exitCode: number }
  | { readonly type: "killed" }
  | { readonly type: "not-started"; readonly error: AppError };

const BUBBLEWRAP = "bwrap";
const ARGS_FD = 3;
const STATUS_FD = 4;
const SECCOMP_FD = 5;
const SECCOMP_FILTER = seccompFilter(process.arch);

/** Resolves when every process of the sandbox is gone and all output was delivered. */
export async function runSandboxed(options: SandboxedProgram): Promise<SandboxedEnd> {
  if (options.signal.aborted) return { type: "killed" };
  const pipe = await options.pipes.open();
  const child = spawnBubblewrap(options, pipe);
  const status = new SandboxStatus(child);
  const kill = () => status.kill();
  options.signal.addEventListener("abort", kill);
  try {
    const [exit] = await Promise.all([exitOf(child), status.ended, drain(pipe, options.onOutput, kill)]);
    return describeEnd(exit, status.exitCode, options.signal);
  } finally {
    options.signal.removeEventListener("abort", kill);
    pipe.release();
  }
}

/**
 * What bubblewrap tells about its sandbox. To end a build, process 1 of the sandbox is killed rather than bubblewrap: that
 * takes all others along, and bubblewrap itself ends when they are gone.
 */
class SandboxStatus {
  readonly ended: Promise<void>;
  #text = "";
  #mustKill = false;
  #hasEnded = false;

  constructor(child: ChildProcess) {
    // as: node types extra stdio places as either direction; this one is read from
    const stream = child.stdio[STATUS_FD] as Readable | null;
    stream?.on("data", (chunk) => {
      this.#text += String(chunk);
      if (this.#mustKill) this.kill();
    });
    this.ended = new Promise((resolve) => {
      stream?.once("close", () => {
        this.#hasEnded = true;
        resolve();
      });
    });
  }

  /** Null when the program was never started. */
  get exitCode(): number | null {
    const text = /"exit-code": (\d+)/.exec(this.#text)?.[1];
    return text === undefined ? null : Number(text);
  }

  /** At once, or as soon as there is something to kill. */
  kill(): void {
    this.#mustKill = true;
    const pid = /"child-pid": (\d+)/.exec(this.#text)?.[1];
    if (pid === undefined || this.#hasEnded) return;
    ignoreCode("ESRCH", () => process.kill(Number(pid), "SIGKILL"));
  }
}

function spawnBubblewrap(options: SandboxedProgram, pipe: LogPipe): ChildProcess {
  const seccomp = SECCOMP_FILTER === null ? [] : ["--seccomp", String(SECCOMP_FD)];
  const args = ["--args", String(ARGS_FD), "--json-status-fd", String(STATUS_FD), ...seccomp, "--"];
  const child = spawn(BUBBLEWRAP, [...args, options.program, ...options.args], {
    stdio: ["ignore", pipe.writerFd, pipe.writerFd, "pipe", "pipe", "pipe"],
    detached: true,
    cwd: "/",
  });
  pipe.closeWriter();
  feed(child, ARGS_FD, encodeSandboxArguments(options.plan));
  feed(child, SECCOMP_FD, SECCOMP_FILTER ?? Buffer.alloc(0));
  return child;
}

function feed(child: ChildProcess, fd: number, bytes: Buffer): void {
  // as: node types extra stdio places as either direction; this one is written to
  const pipe = child.stdio[fd] as Writable | null;
  pipe?.on("error", () => {}); // a bubblewrap that dies early is seen by its exit
  pipe?.end(bytes);
}

type ProcessExit = { readonly code: number | null } | { readonly spawnError: Error };

function exitOf(child: ChildProcess): Promise<ProcessExit> {
  return new Promise((resolve) => {
    child.once("error", (spawnError) => resolve({ spawnError }));
    child.once("exit", (code) => resolve({ code }));
  });
}

/** Reads to the end in any case. When `onOutput` throws (the disk is full), the builder is killed and the error passed on. */
function drain(pipe: LogPipe, onOutput: (chunk: Buffer) => void, kill: () => void): Promise<void> {
  let failure: { readonly error: unknown } | null = null;
  return new Promise((resolve, reject) => {
    pipe.reader.on("data", (chunk) => {
      if (failure !== null) return;
      try {
        onOutput(chunk);
      } catch (error) {
        failure = { error };
        kill();
      }
    });
    pipe.reader.once("error", reject);
    pipe.reader.once("close", () => (failure === null ? resolve() : reject(failure.error)));
  });
}

function describeEnd(exit: ProcessExit, exitCode: number | null, signal: AbortSignal): SandboxedEnd {
  if ("spawnError" in exit) return { type: "not-started", error: explainSandboxFailure(exit.spawnError) };
  if (signal.aborted) return { type: "killed" };
  if (exitCode !== null) return { type: "exited", exitCode };
  return exit.code === null ? { type: "killed" } : { type: "not-started", error: explainSandboxFailure(null) };
}
