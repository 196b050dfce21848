/** Answers a request, in whatever thread it is called. Text in answers and errors is ordinary text, no longer bytes. */

import type { LocalStore } from "#store/api.ts";
import { DEFAULT_STORE_DIR } from "#store/formats/store-path.ts";
import { fromByteString, toByteString } from "#store/std/byte-string.ts";
import { treeCacheFolder } from "../cache/open-tree-cache.ts";
import { placed } from "../compile/trace.ts";
import { EvaluationError, toEvaluationError } from "../errors.ts";
import { Evaluation, stringSource } from "../evaluation.ts";
import { LocalIo } from "../glue/local-io.ts";
import type { AdditionSink } from "../glue/pending-writes.ts";
import { RecordingIo } from "../glue/recording-io.ts";
import { RestrictedIo } from "../glue/restricted-io.ts";
import { writeResult } from "../glue/results/result-file.ts";
import { makeSearchPath } from "../glue/search-path.ts";
import { type EvalIo, EvalIoError } from "../io.ts";
import type {
  ErrorData,
  EvaluatedDerivation,
  EvaluationAnswer,
  EvaluationRequestData,
  OutputMode,
} from "../request.ts";
import { showExpr } from "../syntax/show-expr.ts";
import { call1 } from "../value/call.ts";
import { coerceToString } from "../value/coerce.ts";
import { forceDeep } from "../value/deep.ts";
import { textOf } from "../value/expect.ts";
import { noFrame } from "../value/frame.ts";
import { toJson } from "../value/json.ts";
import { prettyPrint } from "../value/pretty.ts";
import { printValue } from "../value/print.ts";
import { Code, type Lazy, NixPath, recursion, Thunk, type Value } from "../value/value.ts";
import { toXml } from "../value/xml.ts";
import { autoCall, selectPath } from "./attribute-path.ts";
import { DerivationFinder } from "./derivations.ts";
import { errorDataOf } from "./error-data.ts";
import { JobFinder } from "./jobs.ts";
import { letYoungGenerationGrow } from "./young-generation.ts";

/** What the thread that runs an evaluation is given by the one that asked for it. */
export interface RunnerHooks {
  readonly openStore: (root: string) => LocalStore;
  readonly log: (line: string) => void;
  readonly realise: (requests: Parameters<EvalIo["realise"]>[0]) => void;
  /** Where additions to the store go; straight into it unless told. */
  readonly sink?: AdditionSink;
  /** Puts something between the evaluation and the world. */
  readonly wrapIo?: (io: EvalIo) => EvalIo;
}

export class RequestFailure extends Error {
  readonly data: ErrorData;
  constructor(data: ErrorData) {
    super(data.message);
    this.data = data;
  }
}

/**
 * An evaluation as a request wants it, and the io under it, which the caller flushes and closes.
 * @param interrupt word 0 is made other than 0 to end what runs
 */
export function openEvaluation(
  request: EvaluationRequestData,
  hooks: RunnerHooks,
  interrupt?: Int32Array,
): { readonly evaluation: Evaluation; readonly io: LocalIo } {
  recursion.onDeep = letYoungGenerationGrow;
  const io = new LocalIo({
    root: request.root,
    storeDir: toByteString(request.storeDir),
    currentSystem: request.system,
    readOnly: request.readOnly,
    searchPath: makeSearchPath(
      request.searchPath.map(toByteString),
      toByteString(request.environment["NIX_PATH"] ?? ""),
      toByteString(request.folder),
    ),
    environment: request.environment,
    openStore: () => openStore(request, hooks),
    log: (line) => hooks.log(fromByteString(line)),
    realise: hooks.realise,
    tarballTtlS: request.tarballTtlS,
    trust: request,
    // What writes beside us writes to the usual store; without it, the first addition says that there is no other.
    ...(hooks.sink === undefined || request.storeDir !== DEFAULT_STORE_DIR ? {} : { sink: hooks.sink }),
  });
  const { pureEval, restrictEval } = request;
  const inner = hooks.wrapIo === undefined ? io : hooks.wrapIo(io);
  const world =
    pureEval || restrictEval
      ? new RestrictedIo(inner, { pure: pureEval, allowedUris: request.allowedUris.map(toByteString) })
      : inner;
  const evaluation = new Evaluation(world, {
    home: toByteString(request.environment["HOME"] ?? "/"),
    experimentalFeatures: enabledFeatures(request.experimentalFeatures),
    pure: pureEval,
    verbose: request.traceVerbose,
    importFromDerivation: request.allowImportFromDerivation,
    lazyLikeNix: request.output.type === "value" && request.output.format !== "json" && !request.output.strict,
    parsedFiles: treeCacheFolder(process.env),
    ...(interrupt === undefined ? {} : { interrupt }),
  });
  return { evaluation, io };
}

/** @throws EvalIoError */
function openStore({ root, storeDir }: EvaluationRequestData, hooks: RunnerHooks): LocalStore {
  const store = hooks.openStore(root);
  if (store.storeDir === storeDir) return store;
  throw new EvalIoError("other", `NIX_STORE_DIR is '${storeDir}', but the store is '${store.storeDir}'`, {
    hint: "paths are computed for any store folder, with --readonly-mode or --eval; unset the variable to read or write the store",
  });
}

/**
 * @param resultKey under which the answer is kept for the next time; null to keep nothing
 * @throws RequestFailure
 */
export function runRequest(
  request: EvaluationRequestData,
  hooks: RunnerHooks,
  resultKey: string | null = null,
): EvaluationAnswer {
  let recording: RecordingIo | null = null;
  const wrapIo = (inner: EvalIo): EvalIo => {
    recording = new RecordingIo(inner, request);
    return recording;
  };
  const { evaluation, io } = openEvaluation(request, resultKey === null ? hooks : { ...hooks, wrapIo });
  try {
    const answer = new Runner(evaluation, request).answer();
    evaluation.guardIo(() => io.flush());
    if (resultKey !== null && recording !== null) keepResult(request.root, resultKey, recording, answer);
    return answer;
  } catch (thrown) {
    throw asFailure(thrown, evaluation, request.showTrace);
  } finally {
    evaluation.saveParsedFiles();
    io.close();
  }
}

function keepResult(root: string, key: string, recording: RecordingIo, answer: EvaluationAnswer): void {
  const recorded = recording.finish();
  // What reads nothing is evaluated faster than it is looked up.
  if (recorded !== null && recorded.reads.paths.length > 0) writeResult(root, key, { answer, ...recorded });
}

/** Flakes need to fetch trees. */
function enabledFeatures(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.includes("flakes") ? [...names, "fetch-tree"] : names);
}

function asFailure(thrown: unknown, evaluation: Evaluation, showTrace: boolean): unknown {
  const error = toEvaluationError(thrown);
  if (!(error instanceof EvaluationError)) return error;
  return new RequestFailure(errorDataOf(error, evaluation, showTrace));
}

/** Answers requests in an evaluation that is there already. */
export class Runner {
  readonly #evaluation: Evaluation;
  readonly #request: EvaluationRequestData;
  readonly #folder: string;
  /** Where the file or the text begins. */
  #startPos = 0;

  constructor(evaluation: Evaluation, request: EvaluationRequestData) {
    this.#evaluation = evaluation;
    this.#request = request;
    this.#folder = toByteString(request.folder);
  }

  answer(): EvaluationAnswer {
    const { output } = this.#request;
    if (output.type === "find-file") return this.#findFile(output.name);
    if (output.type === "parse") return this.#parse();
    const autoArgs = this.autoArgs();
    const value = selectPath(this.start(), toByteString(this.#request.attributePath), autoArgs);
    if (output.type === "instantiate") {
      return { type: "derivations", derivations: this.derivationsIn(value, output.select ?? []) };
    }
    if (output.type === "jobs") {
      const finder = new JobFinder(this.#evaluation, autoArgs, output.select ?? []);
      return { type: "jobs", jobs: finder.find(value, toByteString(this.#request.attributePath)) };
    }
    const called = autoArgs.size === 0 ? value : autoCall(value, autoArgs);
    const shown = output.apply === undefined ? called : this.#applied(output.apply, called);
    try {
      return { type: "value", text: fromByteString(this.#show(shown, output)) };
    } catch (error) {
      // What a builtin computes later (`map f list`) has no place of its own.
      throw placed(error, this.#startPos);
    }
  }

  /** The value of the file or the text. */
  start(): Value {
    const { source } = this.#request;
    const { sources } = this.#evaluation;
    this.#startPos = sources.end;
    if (source.type === "file") return this.#evaluation.importFile(toByteString(source.path));
    return this.#evaluation.evaluateText(toByteString(source.text), toByteString(source.folder));
  }

  #applied(text: string, value: Value): Value {
    const callee = this.#evaluation.evaluateText(toByteString(text), this.#folder);
    return call1(callee, value);
  }

  #parse(): EvaluationAnswer {
    const { source } = this.#request;
    const expr =
      source.type === "file"
        ? this.#evaluation.parseFile(this.#evaluation.resolveExprPath(toByteString(source.path)))
        : this.#evaluation.parseText(toByteString(source.text), toByteString(source.folder), stringSource, false);
    return { type: "value", text: fromByteString(showExpr(expr)) };
  }

  #findFile(name: string): EvaluationAnswer {
    const path = this.#evaluation.evaluateText(`<${toByteString(name)}>`, this.#folder);
    return { type: "value", text: path instanceof NixPath ? fromByteString(path.path) : "" };
  }

  /** What `--arg` and `--argstr` gave. */
  autoArgs(): ReadonlyMap<string, Lazy> {
    const autoArgs = new Map<string, Lazy>();
    for (const [name, argument] of Object.entries(this.#request.autoArgs)) {
      const text = toByteString(argument.text);
      const code = new Code(() => this.#evaluation.evaluateText(text, this.#folder, stringSource));
      autoArgs.set(toByteString(name), argument.type === "string" ? text : new Thunk(code, noFrame));
    }
    return autoArgs;
  }

  derivationsIn(value: Value, select: readonly string[]): EvaluatedDerivation[] {
    const finder = new DerivationFinder(this.#evaluation, this.autoArgs(), select);
    finder.visit(value, toByteString(this.#request.attributePath));
    return finder.found.map((found) => ({
      ...found,
      attributePath: fromByteString(found.attributePath),
      name: fromByteString(found.name),
    }));
  }

  #show(
    value: Value,
    { format, strict, locations = true, width = 80, color = false }: Extract<OutputMode, { type: "value" }>,
  ): string {
    if (format === "json") return textOf(toJson(this.#evaluation, value));
    if (format === "raw") return textOf(coerceToString(this.#evaluation, value, { copyPaths: false }));
    if (format === "xml") return textOf(toXml(this.#evaluation, value, { strict, locations }));
    if (strict) forceDeep(value);
    if (format !== "pretty") return printValue(value);
    const all = Number.POSITIVE_INFINITY;
    return prettyPrint(this.#evaluation, value, { depth: all, maxMembers: all, width, color });
  }
}
