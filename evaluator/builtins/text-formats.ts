/** Reading JSON and TOML. */
import { EvaluationError } from "../errors.ts";
import { type JsonBuilder, JsonTextError, parseJson } from "../text/json-text.ts";
import { parseToml, TomlTextError } from "../text/toml-text.ts";
import { attrsFromPairs } from "../value/attrs.ts";
import { expectPlainText } from "../value/expect.ts";
import { type Lazy, NixFloat, type Value } from "../value/value.ts";
import { type Builtin, builtin } from "./builtin.ts";

const values: JsonBuilder<Value> = {
  atom: (value) => value,
  integer: (value) => value,
  float: (value) => new NixFloat(value),
  string: (text) => text,
  array: (elements) => elements,
  // Of equal names the last counts here, the first in `attrsFromPairs`.
  object: (keys, members) => attrsFromPairs(keys.reverse(), members.reverse()),
};

function read(parse: (text: string, builder: JsonBuilder<Value>) => Value, lazy: Lazy): Value {
  const text = expectPlainText(lazy);
  try {
    return parse(text, values);
  } catch (error) {
    if (error instanceof JsonTextError || error instanceof TomlTextError) {
      throw new EvaluationError("other", error.message);
    }
    throw error;
  }
}

export const textFormatBuiltins: readonly Builtin[] = [
  builtin("fromJSON", "s", (text = null) => read(parseJson, text)),
  builtin("fromTOML", "s", (text = null) => read(parseToml, text), true),
];
