/**
 * TOML over byte strings, for `fromTOML`: smol-toml parses, a builder makes the values. The library is loaded on first use,
 * since few evaluations read TOML. Dates and times are errors, as in Nix without its experimental feature for them.
 */

import { createRequire } from "node:module";
import type { parse as Parse, TomlPrimitive } from "smol-toml";
import { encodeUtf8, type JsonBuilder } from "./json-text.ts";

/** The text is no TOML, or holds what Nix cannot represent. */
export class TomlTextError extends Error {
  override readonly name: string = "TomlTextError";
}

const MAX_DEPTH = 100_000;
let parse: typeof Parse | undefined;

/**
 * Parses a TOML document; values are handed to the builder bottom-up.
 * @throws TomlTextError
 */
export function parseToml<T>(text: string, builder: JsonBuilder<T>): T {
  parse ??= (createRequire(import.meta.url)("smol-toml") as { parse: typeof Parse }).parse;
  return build(parseDocument(parse, decode(text)), builder);
}

function parseDocument(parseText: typeof Parse, text: string): TomlPrimitive {
  try {
    return parseText(text, { integersAsBigInt: true, maxDepth: MAX_DEPTH });
  } catch (error) {
    const { line, column, message } = error as { line?: number; column?: number; message: string };
    const reason = message.split("\n")[0]?.replace("Invalid TOML document: ", "") ?? message;
    const place = line === undefined ? "" : ` at line ${line}, column ${column}`;
    throw new TomlTextError(`invalid TOML${place}: ${reason}`, { cause: error });
  }
}

function build<T>(value: TomlPrimitive, builder: JsonBuilder<T>): T {
  if (typeof value === "string") return builder.string(encode(value));
  if (typeof value === "bigint") return builder.integer(narrow(value));
  if (typeof value === "number") return builder.float(value);
  if (typeof value === "boolean") return builder.atom(value);
  if (Array.isArray(value)) return builder.array(value.map((element) => build(element, builder)));
  if (value instanceof Date) throw new TomlTextError("Dates and times are not supported");
  const entries = Object.entries(value);
  const keys = entries.map(([key]) => encode(key));
  return builder.object(
    keys,
    entries.map(([, member]) => build(member, builder)),
  );
}

function narrow(value: bigint): number | bigint {
  if (BigInt.asIntN(64, value) !== value) throw new TomlTextError(`the integer ${value} does not fit 64 bits`);
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

function decode(bytes: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(bytes, "latin1"));
  } catch (error) {
    throw new TomlTextError("the text is not UTF-8", { cause: error });
  }
}

function encode(text: string): string {
  return text.replaceAll(/\P{ASCII}/gu, (char) => encodeUtf8(char.codePointAt(0) ?? 0));
}
