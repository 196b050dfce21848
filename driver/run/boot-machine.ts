/**
 * `firn vm`: one machine, booted for a person, with its serial console on the terminal. The caller gives the streams, so
 * nothing here knows about the process it runs in.
 *
 * Leave with Ctrl-] or Ctrl-A x (the machine is stopped); powering off inside ends it too.
 */

import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { AppError } from "#store/std/app-error.ts";
import { Cluster } from "../cluster.ts";
import { type StoreView, stateFolders } from "../host/firn-root.ts";
import type { MachineSpec } from "../machine/machine-spec.ts";
import { Journal } from "../report/journal.ts";

export interface BootMachineOptions {
  /** All store paths that the machine needs (logical). */
  readonly storePaths: readonly string[];
  readonly view: StoreView;
  /** The person's terminal; raw mode is set and restored on a TTY. */
  readonly input: Readable & { readonly isTTY?: boolean; setRawMode?(mode: boolean): unknown };
  readonly output: Writable;
  /** Ends the machine. */
  readonly signal?: AbortSignal;
  readonly root?: string;
}

/** Resolves when the machine has ended or the person has left. */
export async function bootMachine(spec: MachineSpec, options: BootMachineOptions): Promise<"left" | "powered-off"> {
  const { storePaths, view, signal, root } = options;
  const journal = new Journal();
  const reportFolder = join(stateFolders(root).reports, `vm-${spec.name}`);
  await using cluster = await Cluster.open({
    machines: [spec],
    ...{ storePaths, view, journal, reportFolder },
    ...(signal === undefined ? {} : { signal }),
    ...(root === undefined ? {} : { root }),
  });
  const machine = cluster.machines.get(spec.name);
  if (machine === undefined) throw new AppError("DRIVER_NODES", `There is no machine '${spec.name}'`);
  using terminal = new Terminal(options.input);
  const console$ = machine.consoleBytes$.subscribe((chunk) => options.output.write(chunk));
  try {
    await machine.start();
    terminal.onInput = (text) => machine.sendConsole(text);
    return await Promise.race([
      terminal.left.then(() => {
        options.output.write("\r\n");
        return "left" as const;
      }),
      machine.waitForShutdown({ timeoutMs: Number.MAX_SAFE_INTEGER }).then(() => "powered-off" as const),
    ]);
  } finally {
    console$.unsubscribe();
  }
}

const escapeKey = "\u001d";
const prefixKey = "\u0001";

/** Keys of the person, but for those that leave. */
class Terminal implements Disposable {
  readonly #input: BootMachineOptions["input"];
  readonly #left = Promise.withResolvers<void>();
  readonly #listener = (chunk: Buffer): void => this.#take(chunk.toString("latin1"));
  #afterPrefix = false;
  onInput: (text: string) => void = () => {};

  constructor(input: BootMachineOptions["input"]) {
    this.#input = input;
    if (input.isTTY === true) input.setRawMode?.(true);
    input.on("data", this.#listener);
    input.resume();
  }

  get left(): Promise<void> {
    return this.#left.promise;
  }

  [Symbol.dispose](): void {
    this.#input.off("data", this.#listener);
    if (this.#input.isTTY === true) this.#input.setRawMode?.(false);
    this.#input.pause();
  }

  #take(text: string): void {
    let passed = "";
    for (const key of text) {
      if (key === escapeKey || (this.#afterPrefix && key === "x")) this.#left.resolve();
      else if (key === prefixKey && !this.#afterPrefix) {
        this.#afterPrefix = true;
        continue;
      } else passed += key;
      this.#afterPrefix = false;
    }
    if (passed !== "") this.onInput(passed);
  }
}
