/** Aggregates, as Hydra knows them: a derivation with `_hydraAggregate` stands for its `constituents`. */
import { fromByteString } from "#store/std/byte-string.ts";
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { Attrs } from "../value/attrs.ts";
import { coerceToString } from "../value/coerce.ts";
import { expectBool, expectList, textOf } from "../value/expect.ts";
import { forceElement, isString, type Value } from "../value/value.ts";

export interface Constituents {
  /** Of those that are given as derivations. */
  readonly drvPaths: readonly string[];
  /** Of those that are given by the names of their jobs. */
  readonly names: readonly string[];
}

/** Null for a job that is no aggregate. */
export function constituentsOf(evaluation: Evaluation, job: Attrs): Constituents | null {
  const isAggregate = job.get("_hydraAggregate");
  if (isAggregate === undefined || !expectBool(isAggregate)) return null;
  const list = expectList(job.get("constituents") ?? []);
  const drvPaths: string[] = [];
  const names: string[] = [];
  for (let index = 0; index < list.length; index++) {
    const constituent = forceElement(list, index);
    if (isString(constituent)) names.push(fromByteString(textOf(constituent)));
    else drvPaths.push(drvPathOf(evaluation, constituent));
  }
  return { drvPaths, names };
}

function drvPathOf(evaluation: Evaluation, constituent: Value): string {
  const drvPath = constituent instanceof Attrs ? constituent.force("drvPath") : undefined;
  if (drvPath === undefined) throw new EvaluationError("type", "a constituent of an aggregate is not a derivation");
  return textOf(coerceToString(evaluation, drvPath, { copyPaths: false }));
}
