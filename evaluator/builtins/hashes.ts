/** Hashes of strings and files, and `placeholder`. */
import { hash } from "node:crypto";
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { encodeBase32, formatHashText, type HashFormat, HashTextError, parseHashText } from "../text/hash-text.ts";
import { expectAttrs, expectPlainText, expectText } from "../value/expect.ts";
import type { Lazy, Value } from "../value/value.ts";
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

const formats: ReadonlyMap<string, HashFormat> = new Map([
  ["base16", "base16"],
  ["nix32", "nix32"],
  ["base32", "nix32"],
  ["base64", "base64"],
  ["sri", "sri"],
]);

function convertHash(lazy: Lazy): string {
  const options = expectAttrs(lazy);
  const text = (name: string): string => {
    const value = options.get(name);
    if (value === undefined) throw new EvaluationError("missing-attribute", `attribute '${name}' missing`);
    return expectText(value);
  };
  const format = formats.get(text("toHashFormat"));
  if (format === undefined) throw new EvaluationError("other", `unknown hash format '${text("toHashFormat")}'`);
  try {
    const algorithm = options.has("hashAlgo") ? text("hashAlgo") : null;
    return formatHashText(parseHashText(text("hash"), algorithm), format);
  } catch (error) {
    if (error instanceof HashTextError) throw new EvaluationError("other", error.message);
    throw error;
  }
}

export function hashBuiltins(evaluation: Evaluation): readonly Builtin[] {
  return [
    builtin("hashString", "ss", (algorithm = null, text = null) =>
      hashHex(expectPlainText(algorithm), expectText(text)),
    ),
    builtin("convertHash", "s", (options = null) => convertHash(options)),
    builtin("placeholder", "s", (output = null) => placeholder(expectPlainText(output)), true),
    builtin("hashFile", "ss", (algorithm = null, path = null): Value => {
      const file = realisedPath(evaluation, path);
      return hashHex(
        expectPlainText(algorithm),
        evaluation.guardIo(() => evaluation.io.readFile(file)),
      );
    }),
  ];
}
