/** `outputOf`: the output of a derivation that is itself named by its path, or is yet to be built by another. */
import { hash } from "node:crypto";
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { decodeBase32, encodeBase32 } from "../text/hash-text.ts";
import { coerceToString } from "../value/coerce.ts";
import { expectPlainText } from "../value/expect.ts";
import { ContextString, force, type Lazy, type Value } from "../value/value.ts";
import { type Builtin, builtin } from "./builtin.ts";
import { parseContextElement } from "./contexts.ts";

function outputOf(evaluation: Evaluation, lazyDrv: Lazy, lazyOutput: Lazy): Value {
  const text = coerceToString(evaluation, force(lazyDrv), { copyPaths: false });
  const output = expectPlainText(lazyOutput);
  const [element, ...others] = typeof text === "string" ? [] : text.context;
  if (typeof text === "string" || element === undefined || others.length > 0) {
    const shown = typeof text === "string" ? text : text.text;
    throw new EvaluationError("other", `string '${shown}' must have exactly one element in its context`);
  }
  const parsed = parseContextElement(element);
  if (parsed.type === "all-outputs") {
    throw new EvaluationError(
      "other",
      `string '${text.text}' has a context which refers to a complete source and binary closure`,
      0,
      "name the derivation as builtins.unsafeDiscardOutputDependency drv.drvPath",
    );
  }
  if (parsed.type === "output")
    return new ContextString(placeholderOf(text.text, output), new Set([`!${output}!${element}`]));
  if (parsed.path !== text.text || !parsed.path.endsWith(".drv")) {
    throw new EvaluationError("other", `path '${text.text}' is not a derivation`);
  }
  const derivation = evaluation.guardIo(() => evaluation.io.readDerivation(parsed.path));
  const path = derivation?.outputs.get(output);
  if (path === undefined) {
    const what = derivation === null ? "is not valid" : `does not have an output named '${output}'`;
    throw new EvaluationError("other", `derivation '${parsed.path}' ${what}`);
  }
  return new ContextString(path, new Set([`!${output}!${parsed.path}`]));
}

/** Of an output of what another derivation builds; `placeholder` stands for that derivation. */
function placeholderOf(placeholder: string, output: string): string {
  const text = `nix-computed-output:${encodeBase32(fold(decodeBase32(placeholder.slice(1), 32) ?? new Uint8Array()))}:${output}`;
  return `/${encodeBase32(hash("sha256", Buffer.from(text, "latin1"), "buffer"))}`;
}

const foldedBytes = 20;

function fold(digest: Uint8Array): Uint8Array {
  const folded = new Uint8Array(foldedBytes);
  digest.forEach((byte, index) => {
    folded[index % foldedBytes] = (folded[index % foldedBytes] ?? 0) ^ byte;
  });
  return folded;
}

export function outputOfBuiltins(evaluation: Evaluation): readonly Builtin[] {
  if (!evaluation.hasFeature("dynamic-derivations")) return [];
  return [builtin("outputOf", "ss", (drv = null, output = null) => outputOf(evaluation, drv, output))];
}
