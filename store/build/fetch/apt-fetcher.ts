/**
 * Downloads through apt as this host has it configured. `apt-helper` takes many files at once and keeps its connections,
 * so requests that come together go out together: sixty packages in one process take a tenth of sixty processes.
 */
import { execFile } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { AppError } from "../../std/app-error.ts";
import type { DownloadRequest } from "./download-type.ts";

const APT_HELPER = "/usr/lib/apt/apt-helper";
/** Files go to folders that only we may enter; apt need not change to its own user to write them. */
const APT_OPTIONS = ["-o", "APT::Sandbox::User=root"];
const GATHER_MS = 5;
const MAX_BATCH = 32;
const PROGRESS_INTERVAL_MS = 250;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const FAILURE = /^[EW]: Failed to fetch (\S+)\s+(.*)$/gm;
/** Contents are compared by whoever registers them, who can tell what hash they have. */
const NO_HASH = "";

interface Waiting {
  readonly request: DownloadRequest;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class AptFetcher {
  #gathered: Waiting[] = [];

  /** @throws AppError `STORE_FETCH_FAILED` or `STORE_FETCH_GONE` */
  download(request: DownloadRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#gathered.length === 0) setTimeout(() => this.#send(), GATHER_MS);
      this.#gathered.push({ request, resolve, reject });
      if (this.#gathered.length === MAX_BATCH) this.#send();
    });
  }

  #send(): void {
    const batch = this.#gathered;
    this.#gathered = [];
    if (batch.length > 0) void runBatch(batch);
  }
}

async function runBatch(batch: readonly Waiting[]): Promise<void> {
  const requests = batch.map(({ request }) => request);
  const stopWatching = watchProgress(requests);
  const outcome = await runAptHelper(requests).finally(stopWatching);
  for (const { request, resolve, reject } of batch) {
    if (request.signal.aborted) reject(request.signal.reason);
    else if (outcome.isSuccess) resolve();
    else settleOne(request, outcome.output, { resolve, reject });
  }
}

/** apt tells nothing that a program could read while it works; the files grow. Their full sizes are not known. */
function watchProgress(requests: readonly DownloadRequest[]): () => void {
  const sizes = new Map<DownloadRequest, number>();
  const look = () => {
    for (const request of requests) {
      const sizeBytes = statSync(request.targetPath, { throwIfNoEntry: false })?.size ?? 0;
      if (sizeBytes > (sizes.get(request) ?? 0)) request.onProgress(sizeBytes, null);
      sizes.set(request, sizeBytes);
    }
  };
  const timer = setInterval(look, PROGRESS_INTERVAL_MS);
  return () => {
    clearInterval(timer);
    look();
  };
}

/** After a failure apt names the files that failed; the others are there. */
function settleOne(request: DownloadRequest, output: string, { resolve, reject }: Omit<Waiting, "request">): void {
  const failures = [...output.matchAll(FAILURE)].map(([, url = "", reason = ""]) => ({ url, reason }));
  const failure = failures.find(({ url }) => url === request.url);
  if (failure === undefined && existsSync(request.targetPath)) resolve();
  else reject(fetchError(request.url, failure?.reason ?? lastLine(output)));
}

function fetchError(url: string, reason: string): AppError {
  const code = /^(404|410)\b|No such file/.test(reason) ? "STORE_FETCH_GONE" : "STORE_FETCH_FAILED";
  return new AppError(code, `Cannot fetch '${url}' through apt: ${reason}`);
}

function lastLine(output: string): string {
  return output.trim().split("\n").at(-1) ?? "";
}

interface HelperOutcome {
  readonly isSuccess: boolean;
  readonly output: string;
}

function runAptHelper(requests: readonly DownloadRequest[]): Promise<HelperOutcome> {
  const args = [
    ...APT_OPTIONS,
    "download-file",
    ...requests.flatMap(({ url, targetPath }) => [url, targetPath, NO_HASH]),
  ];
  const env = { ...process.env, LC_ALL: "C" };
  return new Promise((resolve) => {
    const child = execFile(APT_HELPER, args, { env, maxBuffer: MAX_OUTPUT_BYTES }, (error, stdout, stderr) => {
      stopListening();
      const output = stdout + stderr;
      resolve({ isSuccess: error === null, output: output.trim() === "" && error !== null ? error.message : output });
    });
    const stopListening = onAllAborted(requests, () => child.kill("SIGKILL"));
  });
}

function onAllAborted(requests: readonly DownloadRequest[], stop: () => void): () => void {
  const check = () => {
    if (requests.every(({ signal }) => signal.aborted)) stop();
  };
  for (const { signal } of requests) signal.addEventListener("abort", check);
  check();
  return () => {
    for (const { signal } of requests) signal.removeEventListener("abort", check);
  };
}
