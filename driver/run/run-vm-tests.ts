/**
 * What `firn test` does: runs test files under node:test, each in a process of its own, and tells live what happens. The
 * text goes through `write`, so that only the command decides where it appears.
 */
import { globSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { run } from "node:test";
import { AppError } from "#store/std/app-error.ts";
import { stateFolders } from "../host/firn-root.ts";
import { writeOverview } from "../report/write-report.ts";
import { LiveOutput } from "./live-output.ts";
import { channelVariable, listenForTests } from "./runner-channel.ts";

export interface RunVmTestsOptions {
  /** Where reports go; `<root>/firn/reports` unless told. */
  readonly reportFolder?: string;
  /** Only tests whose name contains the text or matches the pattern. */
  readonly grep?: readonly (string | RegExp)[];
  /** Serial consoles, commands and builds too. */
  readonly verbose?: boolean;
  /** Takes the live output; nothing is printed without it. */
  readonly write?: (text: string) => void;
  /** Colours and dimmed text. */
  readonly color?: boolean;
  /** Ends everything; machines are taken down first. */
  readonly signal?: AbortSignal;
}

export interface RunVmTestsResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** 0, 1 (a test failed), 130 (interrupted). */
  readonly exitCode: number;
  /** The page over all tests of this run. */
  readonly reportPage: string;
}

/**
 * @param files test files, or folders of them
 * @throws AppError `DRIVER_NO_TESTS` when no test ran
 */
export async function runVmTests(files: readonly string[], options: RunVmTestsOptions = {}): Promise<RunVmTestsResult> {
  const { write = () => {}, signal } = options;
  const reportFolder = resolve(options.reportFolder ?? stateFolders().reports);
  const socketFolder = mkdtempSync(join(tmpdir(), "firn-run-"));
  const output = new LiveOutput({ write, verbose: options.verbose ?? false, color: options.color ?? false });
  const server = await listenForTests(join(socketFolder, "events"), (message) => output.show(message));
  const restore = setEnvironment({ [channelVariable]: join(socketFolder, "events"), FIRN_REPORT_DIR: reportFolder });
  try {
    const counts = await runFiles(files, options, output);
    const reports = writeOverview(reportFolder, output.slugs);
    output.summary(counts, reports, join(reportFolder, "index.html"));
    const interrupted = signal?.aborted === true;
    if (!interrupted && counts.passed + counts.failed + counts.skipped === 0) {
      throw new AppError("DRIVER_NO_TESTS", "No test ran", { hint: `files: ${files.join(", ") || "none"}` });
    }
    const exitCode = interrupted ? 130 : counts.failed > 0 ? 1 : 0;
    return { ...counts, exitCode, reportPage: join(reportFolder, "index.html") };
  } finally {
    restore();
    server.close();
    rmSync(socketFolder, { recursive: true, force: true });
  }
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

async function runFiles(files: readonly string[], options: RunVmTestsOptions, output: LiveOutput): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  const { grep, signal } = options;
  const stream = run({
    files: files.flatMap(expand),
    concurrency: 1,
    ...(grep === undefined || grep.length === 0
      ? {}
      : {
          testNamePatterns: [...grep].map((pattern) =>
            typeof pattern === "string" ? new RegExp(pattern.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")) : pattern,
          ),
        }),
    ...(signal === undefined ? {} : { signal }),
  });
  stream.on("test:pass", ({ name, details, skip, nesting }) => {
    if (nesting > 0 || details.type === "suite") return;
    if (skip === undefined) counts.passed += 1;
    else counts.skipped += 1;
    output.passed(name, details.duration_ms, skip);
  });
  stream.on("test:fail", ({ name, details, nesting }) => {
    if (nesting > 0 || details.type === "suite") return;
    counts.failed += 1;
    output.failed(name, details.duration_ms, details.error);
  });
  stream.on("test:stdout", ({ message }) => output.text(message));
  stream.on("test:stderr", ({ message }) => output.text(message));
  // The stream ends when all files have; its events are taken above.
  for await (const _ of stream);
  return counts;
}

/** A folder stands for the test files below it. */
function expand(path: string): string[] {
  const absolute = resolve(path);
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new AppError("DRIVER_NO_TESTS", `There is no test file '${path}'`, { exitCode: 2 });
  }
  if (!stat.isDirectory()) return [absolute];
  return globSync("**/*.test.{ts,js,mjs}", { cwd: absolute })
    .sort()
    .map((file) => join(absolute, file));
}

/** The test processes inherit the environment of this one. */
function setEnvironment(values: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
