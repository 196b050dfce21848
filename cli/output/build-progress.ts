/**
 * Shows a build under way. A terminal gets one status line that is redrawn; anything else gets a plain line every few
 * seconds, so that a log of a long build stays short and a person reading along still sees what it is at.
 */
import type { BuildEvent } from "#store/api.ts";
import { bold, dim, formatDuration, formatSize, isLive, red, say } from "./terminal.ts";

const redrawEveryMs = 100;
const plainEveryMs = 5000;

export interface BuildProgress {
  show(event: BuildEvent): void;
  /** Makes room for a line of somebody else's. */
  clear(): void;
  /** Clears the status line and sums up. */
  end(): void;
}

interface Running {
  readonly name: string;
  readonly kind: "build" | "download";
  readonly startMs: number;
  phase: string;
  lastLine: string;
  doneBytes: number;
}

/** @param options.printLogs print builders' output as it comes (`-L`) */
export function createBuildProgress(options: { readonly printLogs?: boolean } = {}): BuildProgress {
  const running = new Map<string, Running>();
  const startMs = Date.now();
  let planned = 0;
  let built = 0;
  let failed = 0;
  let receivedBytes = 0;
  let lastShownMs = Date.now();

  const draw = (force: boolean): void => {
    const now = Date.now();
    if (!force && now - lastShownMs < (isLive ? redrawEveryMs : plainEveryMs)) return;
    lastShownMs = now;
    const line = statusLine({ running: [...running.values()], planned, built, receivedBytes });
    if (isLive) process.stderr.write(`\r\u001b[K${line}`);
    else say(line);
  };

  const show = (event: BuildEvent): void => {
    switch (event.type) {
      case "plan":
        planned += event.buildCount + event.downloadCount;
        break;
      case "started":
        running.set(event.drvPath, {
          name: event.name,
          kind: event.kind,
          startMs: Date.now(),
          phase: "",
          lastLine: "",
          doneBytes: 0,
        });
        break;
      case "phase":
        update(running, event.drvPath, (entry) => {
          entry.phase = event.phase;
        });
        break;
      case "log":
        showLogLine(running, event.drvPath, event.line, options.printLogs === true);
        break;
      case "progress":
        update(running, event.drvPath, (entry) => {
          receivedBytes += event.doneBytes - entry.doneBytes;
          entry.doneBytes = event.doneBytes;
        });
        break;
      case "finished":
        running.delete(event.drvPath);
        // What never started (a dependency failed, the run was cancelled) is neither built nor failed.
        if (event.outcome === "built") built++;
        if (event.outcome === "failed" || event.outcome === "timed-out") {
          failed++;
          clearLine();
          showFailure(event);
        }
        break;
    }
    if (planned > 0) draw(false);
  };

  const end = (): void => {
    clearLine();
    if (built + failed === 0) return;
    const parts = [
      `built ${built} ${built === 1 ? "derivation" : "derivations"} in ${formatDuration(Date.now() - startMs)}`,
    ];
    if (receivedBytes > 0) parts.push(`${formatSize(receivedBytes)} downloaded`);
    if (failed > 0) parts.push(red(`${failed} failed`));
    say(parts.join(", "));
  };

  return { show, clear: clearLine, end };
}

function update(running: ReadonlyMap<string, Running>, drvPath: string, change: (entry: Running) => void): void {
  const entry = running.get(drvPath);
  if (entry !== undefined) change(entry);
}

function showLogLine(running: ReadonlyMap<string, Running>, drvPath: string, line: string, print: boolean): void {
  update(running, drvPath, (entry) => {
    entry.lastLine = line;
    if (!print) return;
    clearLine();
    say(`${dim(`${entry.name}>`)} ${line}`);
  });
}

function showFailure(event: Extract<BuildEvent, { type: "finished" }>): void {
  say(
    `${red("failed:")} ${bold(event.name)} after ${formatDuration(event.durationMs)}: ${event.error?.message ?? event.outcome}`,
  );
  if (event.error?.details !== undefined) say(event.error.details.replace(/^/gm, "  "));
  if (event.error?.hint !== undefined) say(`${bold("hint:")} ${event.error.hint}`);
}

function statusLine(state: {
  readonly running: readonly Running[];
  readonly planned: number;
  readonly built: number;
  readonly receivedBytes: number;
}): string {
  const builds = state.running.filter(({ kind }) => kind === "build");
  const downloads = state.running.length - builds.length;
  const parts = [`${state.built}/${state.planned} built`];
  if (downloads > 0) parts.push(`${downloads} downloading (${formatSize(state.receivedBytes)} so far)`);
  const oldest = builds.toSorted((a, b) => a.startMs - b.startMs).slice(0, 2);
  for (const entry of oldest) parts.push(describe(entry));
  return shorten(parts.join(" | "), (process.stderr.columns ?? 120) - 1);
}

function describe(entry: Running): string {
  const phase = entry.phase === "" ? "" : ` ${entry.phase}`;
  const line = entry.lastLine === "" ? "" : `: ${entry.lastLine.slice(0, 60)}`;
  return `${entry.name}${phase} ${formatDuration(Date.now() - entry.startMs)}${line}`;
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

function clearLine(): void {
  if (isLive) process.stderr.write("\r\u001b[K");
}
