/** `import` of a `.drv` file: a set for each output, as `derivation` gives, but with nothing of the original attributes. */
import type { StoredDerivation } from "../io.ts";
import { attrsFromObject, attrsFromPairs, updateAttrs } from "../value/attrs.ts";
import { expectAttrs } from "../value/expect.ts";
import { noFrame } from "../value/frame.ts";
import { Code, ContextString, force, type Lazy, Thunk, type Value } from "../value/value.ts";

export function importedDerivation(drvPath: string, { name, outputs }: StoredDerivation): Value {
  const names = [...outputs.keys()];
  const common = new Thunk(new Code(() => commonAttrs()), noFrame);
  const output = (outputName: string): Thunk => {
    const outPath = new ContextString(outputs.get(outputName) ?? "", new Set([`!${outputName}!${drvPath}`]));
    return new Thunk(
      new Code(() => updateAttrs(expectAttrs(common), attrsFromObject({ outPath, outputName }))),
      noFrame,
    );
  };
  const members: Lazy[] = names.map(output);
  const commonAttrs = (): Value => {
    const drv = new ContextString(drvPath, new Set([`=${drvPath}`]));
    return updateAttrs(
      attrsFromPairs([...names], [...members]),
      attrsFromObject({ all: members, drvPath: drv, name, type: "derivation" }),
    );
  };
  return force(members[0] ?? null);
}
