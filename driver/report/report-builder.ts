/** Listens to a journal and turns it into a {@link TestReport}. */
import { cpus, release, totalmem } from "node:os";
import { isAppError } from "#store/std/app-error.ts";
import type { Accelerator } from "../accelerator/probe-accelerator.ts";
import type { ActionEnd, ActionStart, Journal, JournalEntry, MachineState } from "./journal.ts";
import type { ActionReport, MachineReport, NetworkReport, ReportedError, TestReport } from "./report-types.ts";

export interface SerialEntry {
  readonly timeMs: number;
  readonly text: string;
}

/** What the page shows of a console; the file has all of it. */
const keptSerialLines = 4_000;

export class ReportBuilder {
  readonly #about: { readonly name: string; readonly slug: string; readonly file: string };
  readonly #journal: Journal;
  readonly #startedMs = Date.now();
  readonly #serial = new Map<string, SerialEntry[]>();
  accelerator: Accelerator | null = null;
  machines: readonly Omit<MachineReport, "states" | "screenshots">[] = [];
  networks: readonly NetworkReport[] = [];

  constructor(about: { readonly name: string; readonly slug: string; readonly file: string }, journal: Journal) {
    this.#about = about;
    this.#journal = journal;
    journal.entries$.subscribe((entry) => this.#keepSerial(entry));
  }

  /** The end of each machine's console, with times. */
  get serialLines(): ReadonlyMap<string, readonly SerialEntry[]> {
    return this.#serial;
  }

  finish(failure: unknown): TestReport {
    const actions = toActions(this.#journal.entries);
    return {
      format: 1,
      ...this.#about,
      outcome: failure === undefined ? "passed" : "failed",
      startedMs: this.#startedMs,
      durationMs: Date.now() - this.#startedMs,
      error: failure === undefined ? null : toReportedError(failure),
      accelerator: this.accelerator,
      host: {
        processors: cpus().length,
        memoryMib: Math.round(totalmem() / 1024 / 1024),
        node: process.versions.node,
        kernel: release(),
      },
      phases: actions
        .filter(({ kind }) => kind === "phase")
        .map(({ title, startedMs, durationMs }) => ({ name: title, startedMs, durationMs: durationMs ?? 0 })),
      machines: this.machines.map((machine) => ({
        ...machine,
        states: statesOf(machine.name, this.#journal.entries),
        screenshots: actions.flatMap((action) =>
          action.machine === machine.name && action.file !== null ? [action.file] : [],
        ),
      })),
      networks: this.networks,
      actions,
      notes: this.#journal.entries.flatMap((entry) =>
        entry.type === "note" ? [{ timeMs: entry.timeMs, text: entry.text }] : [],
      ),
    };
  }

  #keepSerial(entry: JournalEntry): void {
    if (entry.type !== "serial") return;
    const lines = this.#serial.get(entry.machine) ?? [];
    lines.push({ timeMs: entry.timeMs, text: entry.text.slice(0, 2_000) });
    if (lines.length > keptSerialLines * 2) lines.splice(0, lines.length - keptSerialLines);
    this.#serial.set(entry.machine, lines);
  }
}

export function toReportedError(failure: unknown): ReportedError {
  if (!(failure instanceof Error))
    return { code: null, message: String(failure), hint: null, details: null, stack: null };
  const { message, stack = null } = failure;
  if (!isAppError(failure)) return { code: null, message, hint: null, details: null, stack };
  return { code: failure.code, message, hint: failure.hint ?? null, details: failure.details ?? null, stack };
}

function toActions(entries: readonly JournalEntry[]): ActionReport[] {
  const ends = new Map<number, ActionEnd>();
  for (const entry of entries) if (entry.type === "end") ends.set(entry.id, entry);
  return entries.flatMap((entry) => (entry.type === "start" ? [toAction(entry, ends.get(entry.id))] : []));
}

function toAction(start: ActionStart, end: ActionEnd | undefined): ActionReport {
  const { id, parent, kind, title, machine, timeMs: startedMs } = start;
  return {
    ...{ id, parent, kind, title, machine, startedMs },
    durationMs: end === undefined ? null : end.timeMs - startedMs,
    error: end?.error ?? null,
    status: end?.status ?? null,
    output: end?.output ?? null,
    stderr: end?.stderr ?? null,
    file: end?.file ?? null,
  };
}

function statesOf(machine: string, entries: readonly JournalEntry[]): { timeMs: number; state: MachineState }[] {
  return entries.flatMap((entry) =>
    entry.type === "state" && entry.machine === machine ? [{ timeMs: entry.timeMs, state: entry.state }] : [],
  );
}
