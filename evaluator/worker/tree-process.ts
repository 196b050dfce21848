/**
 * A process of the pool. Does nothing without its parent: it ends when the parent does, and leaves Ctrl-C to it. Between the
 * thread that evaluates and the pool it passes messages on; additions to the store it writes itself.
 */
import { Worker } from "node:worker_threads";
import { isAppError } from "#store/std/app-error.ts";
import { guardMemory, isWorkerOutOfMemory, resourceLimits } from "./memory-guard.ts";
import { finishRealise, sharedBytes } from "./protocol.ts";
import { stackMib } from "./start-worker.ts";
import { StoreWriter } from "./store-writer.ts";
import type { PoolMessage, ProcessMessage, ThreadMessage, ThreadStart, TreeRequest } from "./tree-protocol.ts";
import { keepYoungGenerationSmall } from "./young-generation.ts";

function tell(message: ProcessMessage): void {
  process.send?.(message);
}

function broken(error: unknown): void {
  const { code, message } = isAppError(error) ? error : { code: "EVAL_CRASHED", message: String(error) };
  tell({ type: "broken", error: { code, message } });
}

function startThread(tree: TreeRequest): { readonly worker: Worker; readonly shared: SharedArrayBuffer } {
  keepYoungGenerationSmall();
  const shared = new SharedArrayBuffer(sharedBytes);
  const writer = new StoreWriter(tree.request.root);
  const worker = new Worker(new URL("quick-start.ts", import.meta.url), {
    argv: ["tree-thread.ts"],
    workerData: { tree, shared } satisfies ThreadStart,
    resourceLimits: resourceLimits(tree.capMib, stackMib),
  });
  worker.on("message", (message: ThreadMessage) => {
    if (message.type === "write") writer.write(message.additions).catch(broken);
    else if (message.type === "settle") void writer.settled().then(() => finishRealise(shared, null), broken);
    else tell(message);
  });
  worker.on("error", (error) => (isWorkerOutOfMemory(error) ? tell({ type: "exhausted" }) : broken(error)));
  guardMemory(worker, tree.capMib, () => tell({ type: "exhausted" }));
  return { worker, shared };
}

let thread: ReturnType<typeof startThread> | null = null;

process.on("message", (message: PoolMessage) => {
  if (message.type === "start") thread = startThread(message.tree);
  else if (message.type === "evaluate") thread?.worker.postMessage(message.path);
  else if (thread !== null) finishRealise(thread.shared, message.failure);
});
process.on("disconnect", () => process.exit(1));
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
