/** What can stand at the end of a line: variables, or the attributes of the expression before the last dot. */
import { fromByteString, toByteString } from "#store/std/byte-string.ts";
import { EvaluationError, toEvaluationError } from "../errors.ts";
import { printAttributeName } from "../value/print.ts";
import type { Completion } from "./session-protocol.ts";

/** `a.b."c d".pre`: what is complete, and the beginning of a name. */
const path = /((?:[A-Za-z_][\w'-]*|"[^"]*")(?:\.(?:[A-Za-z_][\w'-]*|"[^"]*"))*)\.("?[\w'-]*)$/;
const word = /(?:^|[^\w'.-])([A-Za-z_][\w'-]*)$/;
const maxCandidates = 1000;

export function complete(
  line: string,
  visible: readonly string[],
  membersOf: (prefix: string) => readonly string[],
): Completion {
  const bytes = toByteString(line);
  const [, prefix, start] = path.exec(bytes) ?? [];
  if (prefix !== undefined && start !== undefined) {
    return completion(start, members(prefix, membersOf).map(printAttributeName));
  }
  return completion(word.exec(bytes)?.[1] ?? "", visible);
}

function members(prefix: string, membersOf: (prefix: string) => readonly string[]): readonly string[] {
  try {
    return membersOf(fromByteString(prefix));
  } catch (thrown) {
    const error = toEvaluationError(thrown);
    if (error instanceof EvaluationError && error.kind !== "interrupted") return [];
    throw error;
  }
}

function completion(fragment: string, names: readonly string[]): Completion {
  // Names that only builtins call by (`__add`) are offered to those who ask for them.
  const hidden = (name: string): boolean => name.startsWith("__") && !fragment.startsWith("_");
  const found = [...new Set(names)].filter((name) => name.startsWith(fragment) && !hidden(name));
  return {
    fragment: fromByteString(fragment),
    candidates: found.slice(0, maxCandidates).map(fromByteString).toSorted(),
  };
}
