/**
 * What a derivation says about the references of its outputs: `allowedReferences`, `allowedRequisites` and their
 * `disallowed` counterparts, for all outputs together or (with structured attributes) for each in `outputChecks`, where
 * sizes can be limited too. Specifiers are store paths or names of outputs.
 */

import type { Derivation } from "../formats/derivation-type.ts";
import { isStorePath } from "../formats/store-path.ts";
import type { LocalStore, NewPathInfo } from "../local/store-interface.ts";
import { AppError } from "../std/app-error.ts";
import { type JsonObject, structuredAttributes, wordsAttribute } from "./structured-attributes.ts";

const REFERENCE_RULES = [
  { attribute: "allowedReferences", isAllowed: true, isRecursive: false },
  { attribute: "allowedRequisites", isAllowed: true, isRecursive: true },
  { attribute: "disallowedReferences", isAllowed: false, isRecursive: false },
  { attribute: "disallowedRequisites", isAllowed: false, isRecursive: true },
] as const;

interface OutputChecks {
  /** The listed specifiers of a rule's attribute; null when it is not there. */
  readonly listOf: (attribute: string) => readonly string[] | null;
  readonly limitOf: (attribute: string) => number | null;
  readonly ignoreSelfReference: boolean;
}

interface CheckedOutputs {
  readonly derivation: Derivation;
  readonly store: LocalStore;
  /** The new outputs by path, not registered yet. */
  readonly infos: ReadonlyMap<string, NewPathInfo>;
}

/** @throws AppError `STORE_FORBIDDEN_REFERENCE` or `STORE_OUTPUT_TOO_LARGE` */
export function checkOutputs(derivation: Derivation, infos: readonly NewPathInfo[], store: LocalStore): void {
  const outputs: CheckedOutputs = { derivation, store, infos: new Map(infos.map((info) => [info.path, info])) };
  for (const [name, { path }] of derivation.outputs) {
    const info = outputs.infos.get(path);
    const checks = checksOf(derivation, name);
    if (info !== undefined && checks !== null) checkOutput(info, checks, outputs);
  }
}

function checksOf(derivation: Derivation, outputName: string): OutputChecks | null {
  const attributes = structuredAttributes(derivation);
  if (attributes === null) {
    return {
      listOf: (attribute) => wordsAttribute(derivation, attribute),
      limitOf: () => null,
      ignoreSelfReference: true,
    };
  }
  const checks = attributes.object("outputChecks")?.object(outputName) ?? null;
  return checks === null ? null : structuredChecks(checks);
}

function structuredChecks(checks: JsonObject): OutputChecks {
  return {
    listOf: (attribute) => checks.strings(attribute),
    limitOf: (attribute) => checks.number(attribute),
    ignoreSelfReference: checks.boolean("ignoreSelfRefs") ?? false,
  };
}

function checkOutput(info: NewPathInfo, checks: OutputChecks, outputs: CheckedOutputs): void {
  checkSize(info, checks.limitOf("maxSize"), info.narSizeBytes);
  const maxClosureSize = checks.limitOf("maxClosureSize");
  if (maxClosureSize !== null) checkSize(info, maxClosureSize, closureSize(info, outputs));
  for (const { attribute, isAllowed, isRecursive } of REFERENCE_RULES) {
    const specifiers = checks.listOf(attribute);
    if (specifiers === null) continue;
    const listed = resolveSpecifiers(specifiers, outputs.derivation);
    const used = isRecursive ? closureOf(info, outputs) : new Set(info.references);
    if (isRecursive && checks.ignoreSelfReference) used.delete(info.path);
    const bad = [...used].filter((path) => listed.has(path) !== isAllowed);
    if (bad.length > 0) throw forbidden(info.path, bad, attribute);
  }
}

function checkSize(info: NewPathInfo, limit: number | null, sizeBytes: number): void {
  if (limit === null || sizeBytes <= limit) return;
  const size = `${sizeBytes} bytes, ${limit} allowed`;
  throw new AppError("STORE_OUTPUT_TOO_LARGE", `Output '${info.path}' is larger than its derivation allows: ${size}`);
}

function resolveSpecifiers(specifiers: readonly string[], { outputs }: Derivation): Set<string> {
  return new Set(
    specifiers.map((specifier) => {
      const path = outputs.get(specifier)?.path ?? specifier;
      if (isStorePath(path)) return path;
      throw new AppError("STORE_BAD_DERIVATION", `'${specifier}' is neither an output nor a store path`);
    }),
  );
}

/** Over outputs that are not registered yet, and what is. */
function closureOf(info: NewPathInfo, { infos, store }: CheckedOutputs): Set<string> {
  const closure = new Set<string>();
  const pending = [info.path];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (closure.has(path)) continue;
    closure.add(path);
    pending.push(...(infos.get(path)?.references ?? store.queryPathInfo(path)?.references ?? []));
  }
  return closure;
}

function closureSize(info: NewPathInfo, outputs: CheckedOutputs): number {
  const sizes = [...closureOf(info, outputs)].map(
    (path) => outputs.infos.get(path)?.narSizeBytes ?? outputs.store.queryPathInfo(path)?.narSizeBytes ?? 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function forbidden(outputPath: string, bad: readonly string[], attribute: string): AppError {
  return new AppError("STORE_FORBIDDEN_REFERENCE", `Output '${outputPath}' refers to what '${attribute}' rules out`, {
    details: bad.join("\n"),
  });
}
