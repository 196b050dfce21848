/** Evaluation errors as text: message, place with the lines around it, then how it was reached, outermost call last. */
import type { ErrorFrame, ErrorKind, EvaluationError } from "./errors.ts";
import type { Sources } from "./syntax/source-file.ts";

const codes: Readonly<Record<ErrorKind, string>> = {
  syntax: "EVAL_SYNTAX",
  "undefined-variable": "EVAL_UNDEFINED_VARIABLE",
  "missing-attribute": "EVAL_MISSING_ATTRIBUTE",
  type: "EVAL_TYPE",
  assertion: "EVAL_ASSERTION",
  throw: "EVAL_THROWN",
  abort: "EVAL_ABORTED",
  "infinite-recursion": "EVAL_INFINITE_RECURSION",
  "stack-overflow": "EVAL_STACK_OVERFLOW",
  "missing-builtin": "EVAL_MISSING_BUILTIN",
  "too-large": "EVAL_TOO_LARGE",
  interrupted: "EVAL_INTERRUPTED",
  io: "EVAL_IO",
  other: "EVAL_ERROR",
};

export function errorCode(error: EvaluationError): string {
  return codes[error.kind];
}

/** Without `--show-trace`. A thrown text was written for its reader, and says more than the way to it. */
const shownFrames = 8;
const shownFramesOfThrow = 3;
const shownFramesOfCycle = 16;
/** Of contexts that people added, beyond those frames. */
const shownContexts = 8;

/** `…` as bytes: all text here is. */
const bullet = "\xe2\x80\xa6";

/** Everything below the message: the place and the trace. Empty when neither is known. */
export function formatErrorDetails(error: EvaluationError, sources: Sources, showTrace: boolean): string {
  const isThrown = error.kind === "throw" || error.kind === "abort";
  const place = isThrown && !showTrace ? formatLocation(sources, error.pos) : formatPlace(sources, error.pos);
  const parts = place === "" ? [] : [place];
  if (showTrace) {
    const frames = distinctFrames(error.frames, sources);
    for (const frame of frames) parts.push(formatFrame(frame, sources, true));
    if (error.omittedFrames > 0) parts.push(`(${error.omittedFrames} more)`);
    return parts.join("\n");
  }
  const frames = distinctFrames(error.frames, sources).filter(
    (frame) => !saysNothing(frame, error.pos) && !(error.cycleFrames > 0 && anyBuiltin.test(frame.text)),
  );
  const near = Math.max(isThrown ? shownFramesOfThrow : shownFrames, Math.min(error.cycleFrames, shownFramesOfCycle));
  const shown = [...frames.slice(0, near), ...frames.slice(near).filter(isContext).slice(0, shownContexts)];
  for (const frame of shown) parts.push(formatFrame(frame, sources, false));
  const left = frames.length - shown.length + error.omittedFrames;
  if (left > 0) parts.push(`(${left} more, see them with --show-trace)`);
  return parts.join("\n");
}

/** What `addErrorContext` added was written to be read. */
function isContext({ pos }: ErrorFrame): boolean {
  return pos === 0;
}

/** Between the turns of an infinite recursion builtins are no news. */
const anyBuiltin = /^while calling the '.*' builtin$/;
const callOfBuiltin = /^while calling the 'addErrorContext' builtin$/;
const sameAsError = /^while (?:calling|evaluating a string)|^which is needed|^$/;

/** At the place of the error itself, most frames only repeat it. */
function saysNothing({ text, pos }: ErrorFrame, errorPos: number): boolean {
  return callOfBuiltin.test(text) || (pos === errorPos && sameAsError.test(text));
}

/** Frames without a place say nothing unless the user wrote them; repeated ones are shown once. */
function distinctFrames(frames: readonly ErrorFrame[], sources: Sources): ErrorFrame[] {
  const seen = new Set<string>();
  return frames.filter((frame) => {
    const key = `${frame.pos}:${frame.text}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return frame.pos === 0 || sources.locate(frame.pos) !== null;
  });
}

/** `at file:line:column`, indented, without the code. */
function formatLocation(sources: Sources, pos: number): string {
  const location = sources.locate(pos);
  return location === null ? "" : `  at ${location.file}:${location.line}:${location.column}`;
}

function formatFrame(frame: ErrorFrame, sources: Sources, withCode: boolean): string {
  const head = `${bullet} ${frame.text}`;
  const place = withCode ? formatPlace(sources, frame.pos) : formatLocation(sources, frame.pos);
  if (place === "") return head;
  return `${head}\n${place}`;
}

/** `at file:line:column` and the line with its neighbours. */
function formatPlace(sources: Sources, pos: number): string {
  const file = sources.fileOf(pos);
  if (file === null) return "";
  const { line, column } = file.lineAndColumn(pos - file.base);
  const rows = [`  at ${file.name}:${line}:${column}`, ""];
  for (const number of [line - 1, line, line + 1]) {
    const text = file.line(number);
    if (number < 1 || (number !== line && text === "")) continue;
    rows.push(`  ${String(number).padStart(6)}| ${text}`);
    if (number === line) rows.push(`        | ${text.slice(0, column - 1).replace(/[^\t]/g, " ")}^`);
  }
  return rows.join("\n");
}
