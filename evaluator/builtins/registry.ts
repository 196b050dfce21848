/** All builtins: the set `builtins`, and the names that are in scope everywhere. */

import type { Evaluation } from "../evaluation.ts";
import { type Attrs, attrsFromPairs } from "../value/attrs.ts";
import { noFrame } from "../value/frame.ts";
import { Code, type Lazy, Thunk } from "../value/value.ts";
import { attrsetBuiltins } from "./attrsets.ts";
import type { Builtin } from "./builtin.ts";
import { contextBuiltins } from "./contexts.ts";
import { controlBuiltins } from "./control.ts";
import { derivationBuiltins } from "./derivation.ts";
import { constants } from "./environment.ts";
import { fetchBuiltins } from "./fetch.ts";
import { fetchTreeBuiltins } from "./fetch-tree.ts";
import { fileBuiltins } from "./files.ts";
import { flakeBuiltins } from "./flakes.ts";
import { hashBuiltins } from "./hashes.ts";
import { listBuiltins } from "./lists.ts";
import { numberBuiltins } from "./numbers.ts";
import { outputOfBuiltins } from "./output-of.ts";
import { stringBuiltins } from "./strings.ts";
import { textFormatBuiltins } from "./text-formats.ts";
import { typeBuiltins } from "./types.ts";

function allBuiltins(evaluation: Evaluation): readonly Builtin[] {
  return [
    ...typeBuiltins,
    ...numberBuiltins,
    ...listBuiltins,
    ...attrsetBuiltins(evaluation),
    ...stringBuiltins(evaluation),
    ...contextBuiltins(evaluation),
    ...controlBuiltins(evaluation),
    ...fileBuiltins(evaluation),
    ...fetchBuiltins(evaluation),
    ...fetchTreeBuiltins(evaluation),
    ...flakeBuiltins(evaluation),
    ...derivationBuiltins(evaluation),
    ...hashBuiltins(evaluation),
    ...outputOfBuiltins(evaluation),
    ...textFormatBuiltins,
  ];
}

export function makeBuiltins(evaluation: Evaluation): {
  readonly builtins: Attrs;
  readonly globals: ReadonlyMap<string, Lazy>;
} {
  const globals = new Map<string, Lazy>();
  const members = new Map<string, Lazy>();
  for (const { name, value, isGlobal } of constants(evaluation)) {
    members.set(name, value);
    globals.set(isGlobal ? name : `__${name}`, value);
  }
  for (const { primop, isGlobal } of allBuiltins(evaluation)) {
    members.set(primop.name, primop);
    globals.set(isGlobal ? primop.name : `__${primop.name}`, primop);
  }
  // `builtins.builtins` is the set itself.
  const self = new Thunk(new Code(() => builtins), noFrame);
  members.set("builtins", self);
  const builtins = attrsFromPairs([...members.keys()], [...members.values()]);
  globals.set("builtins", builtins);
  return { builtins, globals };
}
