/**
 * `firn repl`: reads lines, gives them to a session of the evaluator, prints what comes. The terminal stays in the hands of
 * readline also while something is evaluated, so that Ctrl-C is a key that interrupts it and not a signal that ends us.
 */
import { createInterface, type Interface } from "node:readline";
import { openSession, type Session } from "#evaluator/api.ts";
import { isAppError } from "#store/std/app-error.ts";
import type { EvaluationFlagOptions } from "../evaluation-flags.ts";
import { showError } from "../output/show-error.ts";
import { paper, say } from "../output/terminal.ts";
import { inStore } from "../print-values.ts";
import { commandNamed, commandNames, type ReplContext } from "./commands.ts";
import { completeLine } from "./complete.ts";
import { addToHistory, historyFile, readHistory } from "./history.ts";

export interface ReplOptions {
  readonly options: EvaluationFlagOptions;
  readonly storeFlag: string | undefined;
  /** SIGTERM, or Ctrl-C where input is no terminal. */
  readonly signal: AbortSignal;
  /** Run before the first line. */
  readonly loads: readonly { readonly command: string; readonly argument: string }[];
}

const prompt = "firn> ";
const continuation = "    > ";

/** Resolves to the exit code when the user leaves or the input ends. */
export async function runRepl({ options, storeFlag, signal, loads }: ReplOptions): Promise<number> {
  const session = await openSession({
    ...options,
    ...(await inStore({ storeFlag, signal })),
    readOnly: false,
    output: { type: "value", format: "nix", strict: true },
  });
  using repl = new Repl(session, storeFlag, signal);
  if (process.stdin.isTTY) say("Firn's Nix language. ':?' lists commands, Ctrl-D leaves.");
  for (const { command, argument } of loads) await repl.enter(`:${command} ${argument}`);
  await repl.run();
  return signal.aborted ? 130 : 0;
}

class Repl implements Disposable {
  readonly #session: Session;
  readonly #signal: AbortSignal;
  readonly #lines: Interface;
  readonly #context: ReplContext;
  readonly #isTerminal = process.stdin.isTTY === true;
  readonly #history = historyFile();
  /** Lines that came while another was at work. */
  readonly #queue: string[] = [];
  /** The beginning of an expression that goes on. */
  #begun = "";
  /** Aborts what runs; null between lines. */
  #running: AbortController | null = null;
  #hasEnded = false;
  /** All that was to be loaded first is. */
  #isReady = false;
  #done: () => void = () => {};

  constructor(session: Session, storeFlag: string | undefined, signal: AbortSignal) {
    this.#session = session;
    this.#signal = signal;
    this.#lines = createInterface({
      input: process.stdin,
      output: this.#isTerminal ? process.stdout : undefined,
      terminal: this.#isTerminal,
      prompt,
      history: this.#isTerminal ? readHistory(this.#history) : [],
      removeHistoryDuplicates: true,
      completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
        if (this.#running !== null) done(null, [[], line]);
        else void completeLine(session, line, commandNames).then((result) => done(null, result));
      },
    });
    this.#context = {
      session,
      storeFlag,
      loaded: [],
      print: (text) => this.#print(text),
      signal: () => this.#running?.signal ?? signal,
      outside: (action) => this.#outside(action),
      leave: () => this.#lines.close(),
    };
    this.#listen();
  }

  [Symbol.dispose](): void {
    this.#lines.close();
    this.#session[Symbol.dispose]();
  }

  /** Resolves when the user leaves or the input ends. */
  run(): Promise<void> {
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#isReady = true;
      void this.#work();
    });
  }

  /** Input may come, and end, before the first file is loaded. */
  #listen(): void {
    this.#lines.on("line", (line) => {
      this.#queue.push(line);
      void this.#work();
    });
    this.#lines.on("SIGINT", () => this.#interrupt());
    this.#lines.on("close", () => {
      this.#hasEnded = true;
      void this.#work();
    });
    this.#signal.addEventListener("abort", () => this.#lines.close(), { once: true });
  }

  async #work(): Promise<void> {
    if (this.#running !== null || !this.#isReady) return;
    for (let line = this.#queue.shift(); line !== undefined; line = this.#queue.shift()) await this.enter(line);
    if (this.#hasEnded) this.#finish();
    else this.#prompt();
  }

  #finish(): void {
    if (this.#isTerminal) process.stdout.write("\n");
    this.#done();
  }

  #prompt(): void {
    if (!this.#isTerminal || this.#hasEnded) return;
    this.#lines.setPrompt(this.#begun === "" ? prompt : continuation);
    // What was typed ahead stays, with the cursor where it was.
    this.#lines.prompt(true);
  }

  /** One line of the user's, to its end; errors are shown. */
  async enter(line: string): Promise<void> {
    if (this.#isTerminal) addToHistory(this.#history, line);
    const text = this.#begun + line;
    if (text.trim() === "") return;
    this.#running = new AbortController();
    try {
      await this.#evaluate(text);
      this.#begun = "";
    } catch (error) {
      if (isIncomplete(error) && (!this.#hasEnded || this.#queue.length > 0)) this.#begun = `${text}\n`;
      else {
        this.#begun = "";
        this.#show(error);
      }
    } finally {
      this.#running = null;
    }
  }

  async #evaluate(text: string): Promise<void> {
    const [, name, argument = ""] = /^\s*:(\S+)\s*([\s\S]*)$/.exec(text) ?? [];
    if (name !== undefined) {
      await commandNamed(name).run(argument.trim(), this.#context);
      return;
    }
    const result = await this.#session.call("line", { text, depth: "shallow", ...paper() });
    if (result.type === "value") await this.#print(`${result.text}\n`);
  }

  #show(error: unknown): void {
    if (this.#signal.aborted) return;
    if (isAppError(error) && (error.code === "EVAL_INTERRUPTED" || this.#running?.signal.aborted === true)) {
      say("interrupted");
    } else showError(error);
  }

  #interrupt(): void {
    if (this.#running !== null) {
      this.#running.abort(new Error("interrupted"));
      this.#session.interrupt();
      return;
    }
    this.#begun = "";
    process.stdout.write("\n");
    // What was typed is dropped: readline has no call for it but these keys.
    this.#lines.write(null, { ctrl: true, name: "e" });
    this.#lines.write(null, { ctrl: true, name: "u" });
    this.#prompt();
  }

  /** In pieces, so that an interruption stops the rest. */
  async #print(text: string): Promise<void> {
    const pieceLength = 32_768;
    for (let at = 0; at < text.length; at += pieceLength) {
      if (this.#running?.signal.aborted === true) throw this.#running.signal.reason;
      const isTaken = process.stdout.write(text.slice(at, at + pieceLength));
      if (!isTaken) await new Promise((resolve) => process.stdout.once("drain", resolve));
    }
  }

  /** Gives the terminal to a program. */
  async #outside<T>(action: () => Promise<T>): Promise<T> {
    this.#lines.pause();
    if (this.#isTerminal) process.stdin.setRawMode(false);
    try {
      return await action();
    } finally {
      if (this.#isTerminal) process.stdin.setRawMode(true);
      this.#lines.resume();
    }
  }
}

function isIncomplete(error: unknown): boolean {
  return isAppError(error) && "incomplete" in error && error.incomplete === true;
}
