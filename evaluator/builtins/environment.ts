/** What an expression can ask about where it runs. */

import type { Evaluation } from "../evaluation.ts";
import { attrsFromObject } from "../value/attrs.ts";
import { noFrame } from "../value/frame.ts";
import { Code, type Lazy, Thunk, type Value } from "../value/value.ts";

/** The version of the language this implements, in Nix's count: expressions switch on it. */
const nixVersion = "2.28.0";
const languageVersion = 6;

function later(compute: () => Value): Thunk {
  return new Thunk(new Code(compute), noFrame);
}

/** Constants, with whether each stands alone as a global too. */
export function constants(evaluation: Evaluation): readonly { name: string; value: Lazy; isGlobal: boolean }[] {
  const { io, options } = evaluation;
  const own = (name: string, value: Lazy): { name: string; value: Lazy; isGlobal: boolean } => ({
    name,
    value,
    isGlobal: false,
  });
  const entries: readonly { name: string; value: Lazy; isGlobal: boolean }[] = [
    { name: "true", value: true, isGlobal: true },
    { name: "false", value: false, isGlobal: true },
    { name: "null", value: null, isGlobal: true },
    own("nixVersion", nixVersion),
    own("langVersion", languageVersion),
    own("storeDir", io.storeDir),
    own(
      "nixPath",
      later(() => io.searchPath.map(({ prefix, path }) => attrsFromObject({ path, prefix }))),
    ),
  ];
  if (options.pure === true) return entries;
  return [
    ...entries,
    own("currentSystem", io.currentSystem),
    own(
      "currentTime",
      later(() => io.currentTimeS()),
    ),
  ];
}
