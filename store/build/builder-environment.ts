/**
 * What a builder sees as its environment, exactly as Nix makes it: a few fixed variables that the derivation may replace,
 * then the derivation's own, then those that always hold. `passAsFile` variables become files in the build folder.
 * With structured attributes, files take the place of the derivation's variables. Text is byte strings.
 */
import type { Derivation } from "../formats/derivation-type.ts";
import { formatDigest, hashBytes } from "../formats/hash.ts";
import { compareBytes, toByteString } from "../std/byte-string.ts";
import { isFixedOutput, wordsOf } from "./derivation-traits.ts";
import {
  type Json,
  JsonObject,
  printJson,
  printShell,
  structuredAttributes,
  wordsAttribute,
} from "./structured-attributes.ts";

/** Where the build folder is inside the sandbox. */
export const SANDBOX_BUILD_DIR = "/build";

export interface BuilderEnvironment {
  readonly variables: ReadonlyMap<string, string>;
  /** Name in the build folder -> contents. */
  readonly files: ReadonlyMap<string, string>;
}

export interface EnvironmentOptions {
  readonly storeDir: string;
  readonly cores: number;
  /** Of some inputs, for `exportReferencesGraph` with structured attributes. */
  readonly describeClosure: (paths: readonly string[]) => Json;
  /** The environment that `impureEnvVars` are taken from. */
  readonly hostEnvironment: Readonly<Record<string, string | undefined>>;
}

export function makeBuilderEnvironment(derivation: Derivation, options: EnvironmentOptions): BuilderEnvironment {
  const variables = new Map<string, string>([
    ["PATH", "/path-not-set"],
    ["HOME", "/homeless-shelter"],
    ["NIX_STORE", options.storeDir],
    ["NIX_BUILD_CORES", String(options.cores)],
  ]);
  const files = new Map<string, string>();
  const attributes = structuredAttributes(derivation);
  if (attributes === null) addDerivationVariables(derivation, variables, files);
  else addStructuredAttributes(describeAttributes(attributes, derivation, options), variables, files);
  for (const name of ["NIX_BUILD_TOP", "TMPDIR", "TEMPDIR", "TMP", "TEMP", "PWD"])
    variables.set(name, SANDBOX_BUILD_DIR);
  if (isFixedOutput(derivation)) addFixedOutputVariables(derivation, options, variables);
  variables.set("NIX_LOG_FD", "2");
  variables.set("TERM", "xterm-256color");
  return { variables: new Map([...variables].sort(([left], [right]) => compareBytes(left, right))), files };
}

function addDerivationVariables(
  derivation: Derivation,
  variables: Map<string, string>,
  files: Map<string, string>,
): void {
  const passedAsFile = new Set(wordsOf(derivation.env.get("passAsFile")));
  for (const [name, value] of derivation.env) {
    if (passedAsFile.has(name)) {
      const fileName = `.attr-${formatDigest(hashBytes("sha256", name), "base32")}`;
      files.set(fileName, value);
      variables.set(`${name}Path`, `${SANDBOX_BUILD_DIR}/${fileName}`);
    } else {
      variables.set(name, value);
    }
  }
}

function addStructuredAttributes(
  attributes: JsonObject,
  variables: Map<string, string>,
  files: Map<string, string>,
): void {
  files.set(".attrs.sh", toByteString(printShell(attributes)));
  files.set(".attrs.json", toByteString(printJson(attributes)));
  variables.set("NIX_ATTRS_SH_FILE", `${SANDBOX_BUILD_DIR}/.attrs.sh`);
  variables.set("NIX_ATTRS_JSON_FILE", `${SANDBOX_BUILD_DIR}/.attrs.json`);
}

/** The attributes as the builder sees them: with the output paths, and closures described instead of named. */
function describeAttributes(
  attributes: JsonObject,
  derivation: Derivation,
  { describeClosure }: EnvironmentOptions,
): JsonObject {
  const outputs = new JsonObject([...derivation.outputs].map(([name, { path }]) => [name, path]));
  const graphs = attributes.object("exportReferencesGraph") ?? new JsonObject([]);
  const closures = [...graphs.members.keys()].map(
    (name) => [name, describeClosure(graphs.strings(name) ?? [])] as const,
  );
  return new JsonObject([...attributes.members, ["outputs", outputs], ...closures]);
}

function addFixedOutputVariables(
  derivation: Derivation,
  options: EnvironmentOptions,
  variables: Map<string, string>,
): void {
  variables.set("NIX_OUTPUT_CHECKED", "1");
  for (const name of wordsAttribute(derivation, "impureEnvVars") ?? []) {
    variables.set(name, toByteString(options.hostEnvironment[name] ?? ""));
  }
}
