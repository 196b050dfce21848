/** The thread of a process of the pool: one evaluation that is asked for one attribute after the other. */
import { parentPort, workerData } from "node:worker_threads";
import type { LocalStore } from "#store/api.ts";
import { openLocalStore } from "#store/local/local-store.ts";
import { fromByteString, toByteString } from "#store/std/byte-string.ts";
import { EvaluationError, toEvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { EvalIoError } from "../io.ts";
import { Attrs } from "../value/attrs.ts";
import { isDerivation } from "../value/equal.ts";
import { expectBool } from "../value/expect.ts";
import type { Lazy, Value } from "../value/value.ts";
import { constituentsOf } from "./aggregate.ts";
import { autoCall, selectPath } from "./attribute-path.ts";
import { DerivationFinder } from "./derivations.ts";
import { errorDataOf } from "./error-data.ts";
import { awaitRealise, type RealiseRequest } from "./protocol.ts";
import { openEvaluation, Runner } from "./run-request.ts";
import type { AttributeAnswer, AttributeDerivation, ThreadMessage, ThreadStart, TreeRequest } from "./tree-protocol.ts";

function post(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}

/** That many files parsed are worth writing to the cache between two attributes. */
const manyFiles = 50;

class TreeEvaluator {
  readonly #tree: TreeRequest;
  readonly #evaluation: Evaluation;
  readonly #flush: () => void;
  readonly #runner: Runner;
  #autoArgs: ReadonlyMap<string, Lazy> | null = null;
  #root: Value | undefined;
  #store: LocalStore | null = null;

  constructor({ tree, shared }: ThreadStart) {
    const realise = (requests: readonly RealiseRequest[]): void => {
      const failure = awaitRealise(shared, () => post({ type: "realise", requests }));
      if (failure !== null) throw new EvalIoError("build-failed", failure);
    };
    const { evaluation, io } = openEvaluation(tree.request, {
      openStore: () => this.#openStore(),
      log: (line) => post({ type: "log", line }),
      realise,
      sink: {
        send: (additions) => post({ type: "write", additions }),
        // When writing fails, the process ends.
        wait: () => void awaitRealise(shared, () => post({ type: "settle" })),
      },
    });
    this.#tree = tree;
    this.#evaluation = evaluation;
    this.#flush = () => io.flush();
    this.#runner = new Runner(evaluation, tree.request);
  }

  answer(path: readonly string[]): AttributeAnswer {
    try {
      const answer = this.#look(path);
      // What the answer names is in the store when it is heard.
      this.#evaluation.guardIo(() => this.#flush());
      this.#evaluation.saveParsedFiles(manyFiles);
      return answer;
    } catch (thrown) {
      const error = toEvaluationError(thrown);
      if (!(error instanceof EvaluationError)) throw error;
      return { type: "failure", error: errorDataOf(error, this.#evaluation, this.#tree.request.showTrace) };
    }
  }

  #look(path: readonly string[]): AttributeAnswer {
    const value = this.#select(path);
    if (!(value instanceof Attrs)) {
      if (path.length > 0) return { type: "nothing" };
      throw new EvaluationError("type", "the expression does not evaluate to a set of attributes");
    }
    if (isDerivation(value)) return { type: "derivation", derivation: this.#describe(value, path) };
    if (path.length > 0 && !this.#isRecursedInto(value)) return { type: "nothing" };
    return { type: "attributes", names: value.keys.map(fromByteString) };
  }

  #select(path: readonly string[]): Value {
    this.#autoArgs ??= this.#runner.autoArgs();
    const { attributePath } = this.#tree.request;
    this.#root ??= selectPath(this.#runner.start(), toByteString(attributePath), this.#autoArgs);
    let value = autoCall(this.#root, this.#autoArgs);
    for (const name of path) {
      const member = value instanceof Attrs ? value.force(toByteString(name)) : undefined;
      if (member === undefined) throw new EvaluationError("missing-attribute", `attribute '${name}' is gone`);
      value = autoCall(member, this.#autoArgs);
    }
    return value;
  }

  #isRecursedInto(attrs: Attrs): boolean {
    const wish = attrs.get("recurseForDerivations");
    return this.#tree.forceRecurse || (wish !== undefined && expectBool(wish));
  }

  #describe(attrs: Attrs, path: readonly string[]): AttributeDerivation {
    const finder = new DerivationFinder(this.#evaluation, new Map(), this.#tree.meta ? ["meta"] : []);
    const { name, system, drvPath, outputs, selected } = finder.describe(attrs, path.map(toByteString).join("."));
    return {
      name: fromByteString(name),
      system,
      drvPath,
      outputs,
      ...this.#fromFile(drvPath),
      constituents: constituentsOf(this.#evaluation, attrs),
      ...(this.#tree.meta ? { meta: selected["meta"] ?? null } : {}),
    };
  }

  /** What only the `.drv` says; without one when nothing is written. */
  #fromFile(drvPath: string): Pick<AttributeDerivation, "inputDrvs" | "requiredSystemFeatures"> {
    if (this.#tree.request.readOnly) return { inputDrvs: null, requiredSystemFeatures: [] };
    this.#evaluation.guardIo(() => this.#flush());
    const { inputDrvs, env } = this.#openStore().readDerivation(drvPath);
    const features = (env.get("requiredSystemFeatures") ?? "").split(" ").filter((feature) => feature !== "");
    return { inputDrvs: Object.fromEntries(inputDrvs), requiredSystemFeatures: features };
  }

  #openStore(): LocalStore {
    this.#store ??= openLocalStore({ root: this.#tree.request.root });
    return this.#store;
  }
}

// What the process gave this thread to start with.
const evaluator = new TreeEvaluator(workerData as ThreadStart);
parentPort?.on("message", (path: readonly string[]) => {
  post({ type: "attribute", answer: evaluator.answer(path) });
});
