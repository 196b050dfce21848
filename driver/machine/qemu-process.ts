/**
 * One QEMU process and its end. It runs in a process group of its own (Ctrl-C in the terminal reaches the driver, which
 * then ends machines in order) and dies with the driver: `setpriv --pdeathsig` asks the kernel to kill it when its parent
 * is gone. Where setpriv is missing, the run record lets the next driver clean up.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { findProgram } from "../host/find-program.ts";

export interface QemuExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What QEMU itself printed, the last lines. */
  readonly messages: string;
}

export class QemuProcess {
  readonly #child: ChildProcess;
  #messages = "";
  #hasExited = false;

  /** Resolves once, when the process is gone. */
  readonly exited: Promise<QemuExit>;

  constructor(program: string, args: readonly string[]) {
    const setpriv = findProgram("setpriv");
    const [file, argv] =
      setpriv === undefined ? [program, args] : [setpriv, ["--pdeathsig", "KILL", "--", program, ...args]];
    this.#child = spawn(file, argv, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#messages = (this.#messages + text).slice(-8000);
      });
    }
    this.exited = new Promise((resolve) => {
      this.#child.once("error", (error) => this.#end(resolve, { code: null, signal: null, messages: error.message }));
      this.#child.once("close", (code, signal) =>
        this.#end(resolve, { code, signal, messages: this.#messages.trim() }),
      );
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    if (!this.#hasExited) this.#child.kill(signal);
  }

  #end(resolve: (exit: QemuExit) => void, exit: QemuExit): void {
    this.#hasExited = true;
    resolve(exit);
  }
}
