/**
 * Builds a Nix expression by running `bin/firn build --json` and reading its lines (contract in ARCHITECTURE.md): phases
 * and builds go to the journal as they happen, the last line is the result or the error.
 */
import { join } from "node:path";
import { AppError } from "#store/std/app-error.ts";
import type { Journal } from "../report/journal.ts";
import { projectFolder } from "./cluster-source.ts";

export interface BuildResult {
  /** Physical root of the store. */
  readonly root: string;
  /** Logical path of output `out` of the first target. */
  readonly output: string;
}

export async function buildExpression(
  expression: string,
  options: { readonly journal: Journal; readonly signal?: AbortSignal | undefined },
): Promise<BuildResult> {
  const { journal, signal } = options;
  const { execa } = await import("execa");
  const command = join(projectFolder(), "bin", "firn");
  const child = execa(process.execPath, [command, "build", "--json", "--no-link", "--expr", expression], {
    reject: false,
    stdin: "ignore",
    buffer: { stdout: false },
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  const reader = new BuildReader(journal);
  for await (const line of child.iterable({ from: "stdout" })) reader.read(line);
  const result = await child;
  signal?.throwIfAborted();
  if (reader.result !== undefined) return reader.result;
  throw (
    reader.error ??
    new AppError("DRIVER_BUILD", `'firn build' ended with status ${result.exitCode} and no result`, {
      details: result.stderr,
    })
  );
}

/** Reads the lines one by one; what it does not know it skips, so that newer builds may say more. */
export class BuildReader {
  readonly #journal: Journal;
  #planned = 0;
  #finished = 0;
  result: BuildResult | undefined;
  error: AppError | undefined;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  read(line: string): void {
    const message = parseLine(line);
    if (
      message["type"] === "phase" &&
      typeof message["phase"] === "string" &&
      typeof message["durationMs"] === "number"
    ) {
      this.#journal.phase(message["phase"], message["durationMs"]);
    } else if (message["type"] === "plan") this.#plan(message);
    else if (message["type"] === "started" || message["type"] === "finished") this.#progress(message);
    else if (message["type"] === "result") this.#takeResult(message);
    else if (message["type"] === "error") this.error = toError(message);
  }

  #plan({ buildCount, downloadCount }: Message): void {
    if (typeof buildCount === "number" && typeof downloadCount === "number") this.#planned = buildCount + downloadCount;
  }

  #progress({ type, name, kind, outcome }: Message): void {
    if (typeof name !== "string") return;
    if (type === "finished") this.#finished += 1;
    if (outcome === "failed") this.#journal.note(`build of ${name} failed`);
    if (type !== "started") return;
    const verb = kind === "download" ? "fetch" : "build";
    this.#journal.progress(`${verb} ${name} (${this.#finished}/${Math.max(this.#planned, this.#finished)})`);
  }

  #takeResult(message: Message): void {
    const targets = message["targets"];
    const [target] = Array.isArray(targets) ? targets : [];
    const outputs = asMessage(asMessage(target)["outputs"]);
    const { out } = outputs;
    const { root } = message;
    if (typeof out === "string" && typeof root === "string") this.result = { root, output: out };
  }
}

type Message = Readonly<Record<string, unknown>>;

function parseLine(line: string): Message {
  try {
    return asMessage(JSON.parse(line));
  } catch {
    return {};
  }
}

function asMessage(value: unknown): Message {
  // Narrowed by hand: what JSON calls an object has string keys.
  return typeof value === "object" && value !== null ? (value as Message) : {};
}

function toError(message: Message): AppError {
  const text = (key: string): string | undefined => (typeof message[key] === "string" ? message[key] : undefined);
  const hint = text("hint");
  const details = text("details");
  return new AppError(text("code") ?? "DRIVER_BUILD", text("message") ?? "The machines could not be built", {
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  });
}
