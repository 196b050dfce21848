/**
 * What happens during a test, as one stream of plain data: the terminal, the report and (later) a remote viewer all
 * consume it. Every entry that takes time is an *action* with a beginning and an end; actions know the step they belong to
 * by the asynchronous context they run in, so parallel steps do not mix.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { type Observable, Subject } from "rxjs";

export type ActionKind = "phase" | "step" | "command" | "wait" | "machine" | "screenshot";

/** Something that takes time, at its beginning. */
export interface ActionStart {
  readonly type: "start";
  readonly id: number;
  readonly parent: number | null;
  readonly kind: ActionKind;
  readonly title: string;
  readonly machine: string | null;
  readonly timeMs: number;
}

export interface ActionEnd {
  readonly type: "end";
  readonly id: number;
  readonly timeMs: number;
  readonly error: string | null;
  /** Only for commands. */
  readonly status?: number;
  readonly output?: string;
  readonly stderr?: string;
  /** Only for screenshots: the file in the report folder. */
  readonly file?: string;
}

export type JournalEntry =
  | ActionStart
  | ActionEnd
  | { readonly type: "serial"; readonly machine: string; readonly text: string; readonly timeMs: number }
  | { readonly type: "state"; readonly machine: string; readonly state: MachineState; readonly timeMs: number }
  | { readonly type: "progress"; readonly text: string; readonly timeMs: number }
  | { readonly type: "note"; readonly text: string; readonly timeMs: number };

export type MachineState = "starting" | "shell" | "rebooting" | "off" | "crashed" | "panicked";

/** What an action adds to its end entry. */
export type ActionResult = Pick<ActionEnd, "status" | "output" | "stderr" | "file">;

const outputLimitChars = 64 * 1024;

export class Journal {
  readonly #entries: JournalEntry[] = [];
  readonly #subject = new Subject<JournalEntry>();
  readonly #current = new AsyncLocalStorage<number>();
  #nextId = 1;

  readonly entries$: Observable<JournalEntry> = this.#subject.asObservable();

  /** All but serial lines, which have their own files, and progress, which passes. */
  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  note(text: string): void {
    this.#add({ type: "note", text, timeMs: Date.now() });
  }

  /** A phase that has just ended elsewhere. */
  phase(title: string, durationMs: number): void {
    const id = this.#nextId++;
    const parent = this.#current.getStore() ?? null;
    const now = Date.now();
    this.#add({ type: "start", id, parent, kind: "phase", title, machine: null, timeMs: now - durationMs });
    this.#add({ type: "end", id, timeMs: now, error: null });
  }

  /** What is going on at this moment, for whoever watches. */
  progress(text: string): void {
    this.#subject.next({ type: "progress", text, timeMs: Date.now() });
  }

  serial(machine: string, text: string): void {
    this.#subject.next({ type: "serial", machine, text, timeMs: Date.now() });
  }

  state(machine: string, state: MachineState): void {
    this.#add({ type: "state", machine, state, timeMs: Date.now() });
  }

  /** Runs `work` as an action; `describe` tells what its result adds to the entry. */
  async action<T>(
    about: { readonly kind: ActionKind; readonly title: string; readonly machine?: string },
    work: () => Promise<T> | T,
    describe: (result: T) => ActionResult = () => ({}),
  ): Promise<T> {
    const id = this.#nextId++;
    const parent = this.#current.getStore() ?? null;
    const { kind, title, machine = null } = about;
    this.#add({ type: "start", id, parent, kind, title, machine, timeMs: Date.now() });
    try {
      const result = await this.#current.run(id, async () => work());
      this.#add({ type: "end", id, timeMs: Date.now(), error: null, ...shorten(describe(result)) });
      return result;
    } catch (error) {
      this.#add({ type: "end", id, timeMs: Date.now(), error: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  }

  close(): void {
    this.#subject.complete();
  }

  #add(entry: JournalEntry): void {
    this.#entries.push(entry);
    this.#subject.next(entry);
  }
}

function shorten(result: ActionResult): ActionResult {
  const { output, stderr, ...rest } = result;
  return {
    ...rest,
    ...(output === undefined ? {} : { output: cut(output) }),
    ...(stderr === undefined ? {} : { stderr: cut(stderr) }),
  };
}

function cut(text: string): string {
  if (text.length <= outputLimitChars) return text;
  return `${text.slice(0, outputLimitChars)}\n... ${text.length - outputLimitChars} more characters`;
}
