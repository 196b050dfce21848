/**
 * A session: one evaluation that is asked again and again, with variables that the questions add. What was computed stays
 * computed, and a line that fails or is interrupted changes nothing.
 */
import { fromByteString, toByteString } from "#store/std/byte-string.ts";
import { StaticScope } from "../compile/resolve.ts";
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import type { EvaluatedDerivation, EvaluationRequestData } from "../request.ts";
import { Attrs } from "../value/attrs.ts";
import { expectAttrs } from "../value/expect.ts";
import { frameOfSlots, noFrame } from "../value/frame.ts";
import { prettyPrint } from "../value/pretty.ts";
import { describeType } from "../value/type-name.ts";
import { type Env, force, type Lazy, type Thunk, type Value } from "../value/value.ts";
import { autoCall } from "./attribute-path.ts";
import { complete } from "./completion.ts";
import { documentationOf, placeOf } from "./documentation.ts";
import { Runner } from "./run-request.ts";
import type { LineResult, SessionOperations } from "./session-protocol.ts";

const assignment = /^\s*([A-Za-z_][A-Za-z0-9_'-]*)\s*=(?!=)\s*([\s\S]*?)\s*;?\s*$/;
const maxMembersShown = 300;

type Argument<K extends keyof SessionOperations> = Parameters<SessionOperations[K]>[0];

export class SessionRunner implements SessionOperations {
  readonly #evaluation: Evaluation;
  readonly #request: EvaluationRequestData;
  readonly #folder: string;
  readonly #variables = new Map<string, Lazy>();
  #scope: StaticScope = new StaticScope(null, new Map());
  #env: Env = noFrame;
  isTraceShown: boolean;

  constructor(evaluation: Evaluation, request: EvaluationRequestData) {
    this.isTraceShown = request.showTrace;
    this.#evaluation = evaluation;
    this.#request = request;
    this.#folder = toByteString(request.folder);
  }

  answer(what: Argument<"answer">): ReturnType<SessionOperations["answer"]> {
    return new Runner(this.#evaluation, { ...this.#request, ...what }).answer();
  }

  line({ text, depth, width, color }: Argument<"line">): LineResult {
    const bytes = toByteString(text);
    const [, name, definition] = assignment.exec(bytes) ?? [];
    if (name !== undefined && definition !== undefined) {
      this.#define([[name, this.#prepare(definition)]]);
      return { type: "defined", names: [fromByteString(name)] };
    }
    const value = this.#evaluate(bytes);
    const limits =
      depth === "deep"
        ? { depth: Number.POSITIVE_INFINITY, maxMembers: Number.POSITIVE_INFINITY }
        : { depth: 1, maxMembers: maxMembersShown };
    return { type: "value", text: fromByteString(prettyPrint(this.#evaluation, value, { ...limits, width, color })) };
  }

  showTrace(wanted: boolean | null): boolean {
    this.isTraceShown = wanted ?? !this.isTraceShown;
    return this.isTraceShown;
  }

  typeOf(text: string): string {
    return describeType(this.#evaluate(toByteString(text)));
  }

  documentation(text: string): ReturnType<SessionOperations["documentation"]> {
    return documentationOf(this.#evaluation, this.#evaluate(toByteString(text)));
  }

  place(text: string): ReturnType<SessionOperations["place"]> {
    return placeOf(this.#evaluation, this.#evaluate(toByteString(text)));
  }

  derivations(text: string): readonly EvaluatedDerivation[] {
    const runner = new Runner(this.#evaluation, this.#request);
    return runner.derivationsIn(this.#evaluate(toByteString(text)), []);
  }

  addAttributes(text: string): readonly string[] {
    return this.#add(this.#evaluate(toByteString(text)));
  }

  load(path: string): readonly string[] {
    return this.#add(this.#evaluation.importFile(toByteString(path)));
  }

  complete(line: string): ReturnType<SessionOperations["complete"]> {
    const visible = [...this.#variables.keys(), ...this.#evaluation.globals.keys()];
    return complete(line, visible, (prefix) => this.#membersOf(prefix));
  }

  /** Names in the value of an expression; none when it is no set or fails. */
  #membersOf(prefix: string): readonly string[] {
    const value = this.#evaluate(toByteString(prefix));
    return value instanceof Attrs ? value.keys : [];
  }

  #add(start: Value): readonly string[] {
    const runner = new Runner(this.#evaluation, this.#request);
    const attrs = expectAttrs(autoCall(start, runner.autoArgs()));
    this.#define(attrs.keys.map((name, index) => [name, attrs.values[index] as Lazy]));
    return attrs.keys.map(fromByteString);
  }

  #define(entries: readonly (readonly [string, Lazy])[]): void {
    for (const [name, value] of entries) this.#variables.set(name, value);
    const slots = new Map<string, number>();
    for (const name of this.#variables.keys()) slots.set(name, slots.size + 1);
    // New frames, since closures hold the old ones: `x = x + 1` means the x of before.
    this.#scope = new StaticScope(null, slots);
    this.#env = frameOfSlots(null, [...this.#variables.values()]);
  }

  #prepare(text: string): Thunk {
    if (text.trim() === "") throw new EvaluationError("syntax", "syntax error, unexpected end of file");
    return this.#evaluation.prepareText(text, this.#folder, this.#scope, this.#env);
  }

  #evaluate(text: string): Value {
    return force(this.#prepare(text));
  }
}
