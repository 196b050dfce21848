/**
 * The terminal during `firn test`: phases with their times, steps, and the result of each test; with `verbose` also
 * commands, builds and serial consoles, dimmed and behind the machine's name. Quiet enough to read when all is well.
 */

import type { ActionStart, JournalEntry } from "../report/journal.ts";
import type { TestReport } from "../report/report-types.ts";
import { formatSeconds } from "../wait/deadline.ts";
import type { RunnerMessage } from "./runner-channel.ts";

export interface LiveOutputOptions {
  readonly write: (text: string) => void;
  readonly verbose: boolean;
  readonly color: boolean;
}

/** Where lines cannot be taken back, progress is told this often. */
const progressEveryMs = 10_000;
const statusLimit = 76;

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

export class LiveOutput {
  readonly #options: LiveOutputOptions;
  readonly #running = new Map<string, Map<number, ActionStart>>();
  readonly #slugs = new Set<string>();
  #hasStatus = false;
  #progressMs = 0;

  constructor(options: LiveOutputOptions) {
    this.#options = options;
  }

  /** Names of the report folders that the tests of this run have written. */
  get slugs(): string[] {
    return [...this.#slugs];
  }

  show({ test, entry }: RunnerMessage): void {
    const running = this.#running.get(test) ?? this.#begin(test);
    if (entry.type === "start") running.set(entry.id, entry);
    if (entry.type === "progress") this.#progress(entry.text, entry.timeMs);
    this.#line(this.#describe(entry, running));
    if (entry.type === "note" && entry.text.startsWith("report: ")) this.#noteReport(entry.text);
  }

  passed(name: string, durationMs: number, skip: string | boolean | undefined): void {
    const time = this.#paint("dim", formatSeconds(durationMs));
    if (skip === undefined) this.#line(`${this.#paint("green", "✓")} ${name} ${time}`);
    else this.#line(`${this.#paint("yellow", "-")} ${name} skipped${typeof skip === "string" ? `: ${skip}` : ""}`);
  }

  failed(name: string, durationMs: number, error: Error): void {
    this.#line(`${this.#paint("red", "✗")} ${name} ${this.#paint("dim", formatSeconds(durationMs))}`);
    const cause = error.cause instanceof Error ? error.cause : error;
    const text = isUserError(cause) ? cause.message : (cause.stack ?? cause.message);
    for (const line of text.split("\n")) this.#line(`    ${line}`);
  }

  /** What a test file itself printed. */
  text(message: string): void {
    for (const line of message.trimEnd().split("\n")) this.#line(`  ${line}`);
  }

  summary(
    counts: { readonly passed: number; readonly failed: number; readonly skipped: number },
    reports: readonly TestReport[],
    page: string,
  ): void {
    const failed = counts.failed > 0 ? this.#paint("red", `${counts.failed} failed`) : "0 failed";
    this.#line(`${counts.passed} passed, ${failed}, ${counts.skipped} skipped`);
    if (reports.length > 0) this.#line(`report: ${page}`);
  }

  #begin(test: string): Map<number, ActionStart> {
    const running = new Map<number, ActionStart>();
    this.#running.set(test, running);
    this.#line(this.#paint("bold", test));
    return running;
  }

  /** A line that the next one replaces on a terminal; elsewhere a line now and then, so that no wait is silent. */
  #progress(text: string, timeMs: number): void {
    const { verbose, color, write } = this.#options;
    if (verbose) this.#line(this.#paint("dim", `  ${text}`));
    else if (color) {
      write(`\r\u001b[2K  ${this.#paint("dim", text.slice(0, statusLimit))}`);
      this.#hasStatus = true;
    } else if (timeMs - this.#progressMs >= progressEveryMs) {
      this.#progressMs = timeMs;
      this.#line(`  ${text}`);
    }
  }

  #describe(entry: JournalEntry, running: Map<number, ActionStart>): string | undefined {
    const { verbose } = this.#options;
    switch (entry.type) {
      case "note":
        return verbose || entry.text.startsWith("accelerator") ? `  ${this.#paint("dim", entry.text)}` : undefined;
      case "serial":
        return verbose ? this.#paint("dim", `  ${entry.machine} | ${entry.text}`) : undefined;
      case "state":
        return verbose ? this.#paint("dim", `  ${entry.machine}: ${entry.state}`) : undefined;
      case "progress":
        return undefined;
      case "start":
        return entry.kind === "step" ? `  ${this.#paint("cyan", "›")} ${entry.title}` : undefined;
      default:
        return this.#describeEnd(entry, running.get(entry.id));
    }
  }

  #describeEnd(entry: Extract<JournalEntry, { type: "end" }>, start: ActionStart | undefined): string | undefined {
    if (start === undefined) return undefined;
    const time = formatSeconds(entry.timeMs - start.timeMs);
    const failed = entry.error === null ? "" : this.#paint("red", " failed");
    if (start.kind === "phase") return `  ${start.title.padEnd(10)} ${time.padStart(8)}${failed}`;
    if (start.kind === "step" && entry.error !== null) return `  ${this.#paint("red", "✗")} ${start.title} ${time}`;
    if (!this.#options.verbose || start.kind === "step") return undefined;
    return this.#paint("dim", `  ${start.machine ?? ""}: ${start.title} (${time})`) + failed;
  }

  #noteReport(text: string): void {
    const slug = text.split("/").at(-2);
    if (slug !== undefined) this.#slugs.add(slug);
  }

  #line(text: string | undefined): void {
    if (text === undefined) return;
    this.#options.write(`${this.#hasStatus ? "\r\u001b[2K" : ""}${text}\n`);
    this.#hasStatus = false;
  }

  #paint(style: keyof typeof codes, text: string): string {
    return this.#options.color ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
  }
}

/** Errors with a code of ours say all in their message. Rebuilt from another process, so told by their shape. */
function isUserError(error: Error): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && /^(DRIVER|STORE|EVAL|CLI)_/.test(code);
}
