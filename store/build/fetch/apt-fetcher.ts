/**
 * Downloads through apt as this host has it configured. `apt-helper` takes many files at once and keeps its connections,
 * so requests that come together go out together: sixty packages in one process take a tenth of sixty processes.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { formatDigest, type HashAlgorithm } from "../../formats/hash.ts";
import { AppError } from "../../std/app-error.ts";
import type { DownloadRequest } from "./download-type.ts";

const APT_HELPER = "/usr/lib/apt/apt-helper";
/** Files go to folders that only we may enter; apt need not change to its own user to write them. */
const APT_OPTIONS = ["-o", "APT::Sandbox::User=root"];
const GATHER_MS = 5;
const MAX_BATCH = 32;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const FAILURE = /^[EW]: Failed to fetch (\S+)\s+(.*)$/gm;
const HASH_NAMES: Readonly<Record<HashAlgorithm, string>> = {
  md5: "MD5Sum",
  sha1: "SHA1",
  sha256: "SHA256",
  sha512: "SHA512",
};

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
  const outcome = await runAptHelper(batch.map(({ request }) => request));
  for (const { request, resolve, reject } of batch) {
    if (request.signal.aborted) reject(request.signal.reason);
    else if (outcome.isSuccess) resolve();
    else settleOne(request, outcome.output, { resolve, reject });
  }
}

/** After a failure apt names the files that failed; the others are there. */
function settleOne(request: DownloadRequest, output: string, { resolve, reject }: Omit<Waiting, "request">): void {
  const failures = [...output.matchAll(FAILURE)].map(([, url = "", reason = ""]) => ({ url, reason }));
  const failure = failures.find(({ url }) => url === request.url);
  if (failure === undefined && existsSync(request.targetPath)) resolve();
  else reject(fetchError(request.url, failure?.reason ?? lastLine(output)));
}

function fetchError(url: string, reason: string): AppError {
  const code = /^(404|410)\b|File not found/.test(reason) ? "STORE_FETCH_GONE" : "STORE_FETCH_FAILED";
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
  const args = [...APT_OPTIONS, "download-file", ...requests.flatMap(helperArguments)];
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

function helperArguments({ url, targetPath, expected }: DownloadRequest): string[] {
  const hash = expected === null ? "" : `${HASH_NAMES[expected.algorithm]}:${formatDigest(expected, "base16")}`;
  return [url, targetPath, hash];
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
