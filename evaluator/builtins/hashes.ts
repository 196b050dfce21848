/** Hashes of strings and files, and `placeholder`. */
import { hash } from "node:crypto";
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { expectText } from "../value/expect.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, builtin } from "./builtin.ts";
import { realisedPath } from "./files.ts";

const algorithms: ReadonlySet<string> = new Set(["md5", "sha1", "sha256", "sha512"]);

function hashHex(algorithm: string, text: string): string {
  if (!algorithms.has(algorithm)) throw new EvaluationError("other", `unknown hash algorithm '${algorithm}'`);
  return hash(algorithm, Buffer.from(text, "latin1"), "hex");
}

export function hashBuiltins(evaluation: Evaluation): readonly Builtin[] {
  return [
    builtin("hashString", "ss", (algorithm = null, text = null) => hashHex(expectText(algorithm), expectText(text))),
    builtin("hashFile", "ss", (algorithm = null, path = null): Value => {
      const file = realisedPath(evaluation, path);
      return hashHex(
        expectText(algorithm),
        evaluation.guardIo(() => evaluation.io.readFile(file)),
      );
    }),
  ];
}
