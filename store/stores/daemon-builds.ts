/** A build by a daemon, told from its messages as events, and ended when its reader leaves. */

import { EventQueue } from "../build/event-queue.ts";
import type { BuildEvent } from "../build/events.ts";
import type { ClientConnection, DaemonMessage, Field } from "../daemon/client-connection.ts";
import { ACTIVITY, RESULT } from "../daemon/protocol.ts";
import { derivationName } from "../formats/store-path.ts";
import type { ConnectionPool } from "./connection-pool.ts";
import type { DerivedPath, RealisedTarget, RealiseOptions, RealiseRun } from "./store.ts";

export type DaemonBuild = (
  connection: ClientConnection,
  onMessage: (message: DaemonMessage) => void,
) => Promise<readonly RealisedTarget[]>;

/** Starts at once. */
export function runDaemonBuild(
  pool: ConnectionPool,
  { targets, ...options }: RealiseOptions & { readonly targets: readonly DerivedPath[] },
  build: DaemonBuild,
): RealiseRun {
  const cancel = new AbortController();
  const events = new EventQueue<BuildEvent>(() => cancel.abort());
  const signal = options.signal === undefined ? cancel.signal : AbortSignal.any([cancel.signal, options.signal]);
  const messages = new BuildMessageReader(targets, (event) => events.push(event));
  const result = pool
    .use(async (connection) => {
      // a daemon ends what a closed connection asked for
      const leave = (): void => connection.close();
      signal.addEventListener("abort", leave);
      try {
        signal.throwIfAborted();
        await connection.setOptions(options);
        const results = await build(connection, (message) => messages.read(message));
        messages.finishAll(results);
        return results;
      } finally {
        signal.removeEventListener("abort", leave);
      }
    })
    .finally(() => events.close());
  result.catch(() => {});
  return { result, [Symbol.asyncIterator]: () => events };
}

interface Running {
  readonly drvPath: string;
  readonly startMs: number;
  isStopped: boolean;
}

/**
 * A daemon says that a build stopped, not how. How a target ended stands in the answer; of another build that stopped we
 * take it that it ended well, unless a line for people named it as failed before.
 */
class BuildMessageReader {
  readonly #emit: (event: BuildEvent) => void;
  readonly #targets: ReadonlySet<string>;
  readonly #running = new Map<bigint, Running>();
  readonly #failures = new Map<string, string>();

  constructor(targets: readonly DerivedPath[], emit: (event: BuildEvent) => void) {
    this.#emit = emit;
    this.#targets = new Set(targets.map((target) => (target.type === "built" ? target.drvPath : target.path)));
  }

  read(message: DaemonMessage): void {
    if (message.type === "start" && message.kind === ACTIVITY.build) this.#start(message.activity, message.fields);
    else if (message.type === "result") this.#readResult(message.activity, message.kind, message.fields);
    else if (message.type === "stop") this.#stop(message.activity);
    else if (message.type === "line") this.#noteFailure(message.text);
  }

  #start(activity: bigint, [drvPath]: readonly Field[]): void {
    if (typeof drvPath !== "string") return;
    const startMs = Date.now();
    this.#running.set(activity, { drvPath, startMs, isStopped: false });
    this.#emit({ type: "started", drvPath, name: derivationName(drvPath), kind: "build", timeMs: startMs });
  }

  #readResult(activity: bigint, kind: number, [field]: readonly Field[]): void {
    const drvPath = this.#running.get(activity)?.drvPath;
    if (drvPath === undefined || typeof field !== "string") return;
    if (kind === RESULT.buildLogLine) this.#emit({ type: "log", drvPath, line: field });
    if (kind === RESULT.setPhase) this.#emit({ type: "phase", drvPath, phase: field, timeMs: Date.now() });
  }

  #noteFailure(text: string): void {
    for (const { drvPath } of this.#running.values()) {
      const isNamed = text.includes(drvPath) || text.includes(`'${derivationName(drvPath)}'`);
      if (text.startsWith("error:") && isNamed) this.#failures.set(drvPath, text.slice("error:".length).trim());
    }
  }

  #stop(activity: bigint): void {
    const build = this.#running.get(activity);
    if (build === undefined || build.isStopped) return;
    build.isStopped = true;
    if (this.#targets.has(build.drvPath)) return;
    const failure = this.#failures.get(build.drvPath);
    if (failure === undefined) this.#finish(build, "built");
    else this.#finish(build, "failed", failure);
  }

  #finish({ drvPath, startMs }: Running, outcome: "built" | "failed", text = ""): void {
    const [message = "", ...rest] = text.split("\n");
    const details = rest.length === 0 ? {} : { details: rest.join("\n") };
    this.#emit({
      type: "finished",
      drvPath,
      name: derivationName(drvPath),
      outcome,
      durationMs: Date.now() - startMs,
      outputs: {},
      ...(outcome === "failed" ? { error: { code: "STORE_BUILD_FAILED", message, ...details } } : {}),
    });
  }

  /** Tells of the targets. */
  finishAll(results: readonly RealisedTarget[]): void {
    const starts = new Map([...this.#running.values()].map(({ drvPath, startMs }) => [drvPath, startMs]));
    for (const { target, outcome, outputs, error } of results) {
      if (target.type !== "built") continue;
      const { drvPath } = target;
      const durationMs = Date.now() - (starts.get(drvPath) ?? Date.now());
      const event = { type: "finished", drvPath, name: derivationName(drvPath), outcome, durationMs, outputs } as const;
      this.#emit(error === null ? event : { ...event, error });
    }
  }
}
