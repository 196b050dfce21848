/** Hashes of strings and files, and `placeholder`. */
import { hash } from "node:crypto";
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { encodeBase32 } from "../text/hash-text.ts";
import { expectText } from "../value/expect.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, builtin } from "./builtin.ts";
import { realisedPath } from "./files.ts";

const algorithms: ReadonlySet<string> = new Set(["md5", "sha1", "sha256", "sha512"]);

function hashHex(algorithm: string, text: string): string {
  if (!algorithms.has(algorithm)) throw new EvaluationError("other", `unknown hash algorithm '${algorithm}'`);
  return hash(algorithm, Buffer.from(text, "latin1"), "hex");
}

/** Stands for the path of an output until the builder runs. */
function placeholder(output: string): string {
  return `/${encodeBase32(hash("sha256", Buffer.from(`nix-output:${output}`, "latin1"), "buffer"))}`;
}

export function hashBuiltins(evaluation: Evaluation): readonly Builtin[] {
  return [
    builtin("hashString", "ss", (algorithm = null, text = null) => hashHex(expectText(algorithm), expectText(text))),
    builtin("placeholder", "s", (output = null) => placeholder(expectText(output)), true),
    builtin("hashFile", "ss", (algorithm = null, path = null): Value => {
      const file = realisedPath(evaluation, path);
      return hashHex(
        expectText(algorithm),
        evaluation.guardIo(() => evaluation.io.readFile(file)),
      );
    }),
  ];
}
