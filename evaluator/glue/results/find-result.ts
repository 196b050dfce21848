/** Answers a question that was answered before, when nothing that the answer depends on has changed. Loads next to nothing. */
import { areRegistered } from "#store/local/registered.ts";
import type { EvaluationRequestData } from "../../request.ts";
import { programVersion } from "./program-version.ts";
import { isUnchanged } from "./read-log.ts";
import { isResultCacheOn, questionKey, readResult, type StoredResult } from "./result-file.ts";

export interface KnownResult {
  /** Under which the answer is to be kept, once there is one; null when it is not to be kept. */
  readonly key: string | null;
  readonly result: StoredResult | null;
}

export function findResult(request: EvaluationRequestData): KnownResult {
  if (!isResultCacheOn(process.env) || request.output.type === "parse") return { key: null, result: null };
  const key = questionKey(request, programVersion());
  const result = readResult(request.root, key);
  const isValid =
    result !== null &&
    isUnchanged(result.reads, request.environment) &&
    areRegistered(request.root, result.reads.registered);
  return { key, result: isValid ? result : null };
}
