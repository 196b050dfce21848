/**
 * Finds the jobs of a release file, as Hydra does: every derivation in the value, through all sets (lists and values that
 * are no sets hold no jobs). A job whose evaluation fails becomes an error of its own and the rest goes on.
 */
import { fromByteString } from "#store/std/byte-string.ts";
import { EvaluationError, toEvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import type { EvaluatedJob } from "../request.ts";
import { Attrs } from "../value/attrs.ts";
import { isDerivation } from "../value/equal.ts";
import type { Lazy, Value } from "../value/value.ts";
import { constituentsOf } from "./aggregate.ts";
import { autoCall } from "./attribute-path.ts";
import { DerivationFinder } from "./derivations.ts";
import { errorDataOf } from "./error-data.ts";

export class JobFinder {
  readonly #evaluation: Evaluation;
  readonly #autoArgs: ReadonlyMap<string, Lazy>;
  readonly #derivations: DerivationFinder;
  readonly #jobs: EvaluatedJob[] = [];

  constructor(evaluation: Evaluation, autoArgs: ReadonlyMap<string, Lazy>, select: readonly string[]) {
    this.#evaluation = evaluation;
    this.#autoArgs = autoArgs;
    this.#derivations = new DerivationFinder(evaluation, autoArgs, select);
  }

  /** Throws only when the value itself cannot be evaluated to a set. */
  find(start: Value, path: string): readonly EvaluatedJob[] {
    const value = autoCall(start, this.#autoArgs);
    if (!(value instanceof Attrs)) throw new EvaluationError("type", "a release file evaluates to a set of jobs");
    this.#visit(value, path);
    return this.#jobs;
  }

  #visit(value: Attrs, path: string): void {
    if (isDerivation(value)) {
      const job = this.#derivations.describe(value, path);
      this.#jobs.push({
        ...job,
        attributePath: fromByteString(path),
        name: fromByteString(job.name),
        constituents: constituentsOf(this.#evaluation, value)?.drvPaths ?? null,
      });
      return;
    }
    for (let index = 0; index < value.size; index++) {
      const name = value.keys[index] as string;
      this.#visitMember(value, index, path === "" ? name : `${path}.${name}`);
    }
  }

  #visitMember(parent: Attrs, index: number, path: string): void {
    const before = this.#jobs.length;
    try {
      const member = autoCall(parent.forceAt(index), this.#autoArgs);
      if (member instanceof Attrs) this.#visit(member, path);
    } catch (thrown) {
      const error = toEvaluationError(thrown);
      if (!(error instanceof EvaluationError)) throw error;
      this.#jobs.length = before;
      this.#jobs.push({ attributePath: fromByteString(path), error: errorDataOf(error, this.#evaluation, false) });
    }
  }
}
