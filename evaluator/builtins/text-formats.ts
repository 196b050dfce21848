/** Reading JSON and TOML. */
import type { Evaluation } from "../evaluation.ts";
import type { Builtin } from "./builtin.ts";

export function textFormatBuiltins(_evaluation: Evaluation): readonly Builtin[] {
  return [];
}
