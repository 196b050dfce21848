/**
 * Shows a build under way. A terminal gets one status line that is redrawn; anything else gets a plain line every few
 * seconds, so that a log of a long build stays short and a person reading along still sees what it is at.
 */
import type { BuildEvent } from "#store/api.ts";
import { bold, dim, formatDuration, formatSize, isLive, red, say, yellow } from "./terminal.ts";

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
  readonly kind: "build" | "download" | "fetch";
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
  let toFetch = 0;
  let fetched = 0;
  let failed = 0;
  let receivedBytes = 0;
  let lastShownMs = Date.now();

  const draw = (force: boolean): void => {
    const now = Date.now();
    if (!force && now - lastShownMs < (isLive ? redrawEveryMs : plainEveryMs)) return;
    lastShownMs = now;
    const elapsedMs = now - startMs;
    const counts = { planned, built, toFetch, fetched, receivedBytes, elapsedMs };
    const line = statusLine({ running: [...running.values()], ...counts });
    if (isLive) process.stderr.write(`\r\u001b[K${line}`);
    else say(line);
  };

  const show = (event: BuildEvent): void => {
    switch (event.type) {
      case "plan":
        planned += event.buildCount + event.downloadCount;
        toFetch += event.substitution?.pathCount ?? 0;
        break;
      case "warning":
        clearLine();
        say(`${yellow("warning:")} ${event.message}`);
        break;
      case "substituting":
        running.set(event.path, startOf(event.name, "fetch"));
        break;
      case "substitute-progress":
        update(running, event.path, (entry) => {
          receivedBytes += Math.max(0, event.doneBytes - entry.doneBytes);
          entry.doneBytes = event.doneBytes;
        });
        break;
      case "substituted":
        running.delete(event.path);
        if (event.outcome === "substituted") fetched++;
        if (event.error !== undefined) {
          clearLine();
          say(`${red("failed:")} ${event.error.message}`);
        }
        break;
      case "started":
        running.set(event.drvPath, startOf(event.name, event.kind));
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
    if (planned + toFetch > 0) draw(false);
  };

  const end = (): void => {
    clearLine();
    if (built + failed + fetched === 0) return;
    const done = [];
    if (fetched > 0) done.push(`fetched ${fetched} ${fetched === 1 ? "path" : "paths"}`);
    if (built > 0 || fetched === 0) done.push(`built ${built} ${built === 1 ? "derivation" : "derivations"}`);
    const parts = [`${done.join(" and ")} in ${formatDuration(Date.now() - startMs)}`];
    if (receivedBytes > 0) parts.push(`${formatSize(receivedBytes)} downloaded`);
    if (failed > 0) parts.push(red(`${failed} failed`));
    say(parts.join(", "));
  };

  return { show, clear: clearLine, end };
}

function startOf(name: string, kind: Running["kind"]): Running {
  return { name, kind, startMs: Date.now(), phase: "", lastLine: "", doneBytes: 0 };
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
  readonly toFetch: number;
  readonly fetched: number;
  readonly receivedBytes: number;
  readonly elapsedMs: number;
}): string {
  const builds = state.running.filter(({ kind }) => kind === "build");
  const downloads = state.running.length - builds.length;
  const parts = [];
  if (state.planned > 0) parts.push(`${state.built}/${state.planned} built`);
  if (state.toFetch > 0) parts.push(`${state.fetched}/${state.toFetch} fetched`);
  if (downloads > 0) {
    const rate = formatSize((state.receivedBytes / Math.max(1, state.elapsedMs)) * 1000);
    parts.push(`${downloads} downloading (${formatSize(state.receivedBytes)} so far, ${rate}/s)`);
  }
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
