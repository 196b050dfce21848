/** A few threads that write NAR files; requests wait their turn. */
import { Worker } from "node:worker_threads";
import { toStoreError } from "../local/store-errors.ts";
import { AppError } from "../std/app-error.ts";
import type { NarFile } from "./nar-file.ts";
import type { NarReply, NarRequest } from "./nar-worker.ts";

interface Job {
  readonly request: NarRequest;
  readonly resolve: (file: NarFile) => void;
  readonly reject: (error: unknown) => void;
}

export class NarWorkers {
  readonly #idle: Worker[] = [];
  readonly #all: Worker[] = [];
  readonly #queue: Job[] = [];

  constructor(count: number) {
    for (let i = 0; i < count; i++) this.#all.push(new Worker(new URL("./nar-worker.ts", import.meta.url)));
    this.#idle.push(...this.#all);
  }

  write(request: NarRequest): Promise<NarFile> {
    const { promise, resolve, reject } = Promise.withResolvers<NarFile>();
    this.#queue.push({ request, resolve, reject });
    this.#next();
    return promise;
  }

  #next(): void {
    const worker = this.#idle.pop();
    if (worker === undefined) return;
    const job = this.#queue.shift();
    if (job === undefined) {
      this.#idle.push(worker);
      return;
    }
    const settle = (finish: () => void): void => {
      worker.off("message", onMessage);
      worker.off("error", onError);
      this.#idle.push(worker);
      finish();
      this.#next();
    };
    const onMessage = (reply: NarReply): void => settle(() => finishJob(job, reply));
    const onError = (error: unknown): void => settle(() => job.reject(error));
    worker.on("message", onMessage);
    worker.on("error", onError);
    worker.postMessage(job.request);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((worker) => worker.terminate()));
  }
}

function finishJob(job: Job, reply: NarReply): void {
  if ("file" in reply) job.resolve(reply.file);
  else job.reject(rebuildError(reply, job.request));
}

function rebuildError(reply: { readonly code: string; readonly message: string }, request: NarRequest): unknown {
  const error = Object.assign(new Error(reply.message), { code: reply.code });
  const known = toStoreError(error, request.folder);
  if (known !== error) return known;
  return new AppError("STORE_EXPORT_FAILED", `Cannot export '${request.physical}': ${reply.message}`, { cause: error });
}
