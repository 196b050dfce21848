/**
 * `__structuredAttrs`: a derivation's attributes as JSON. The builder gets them as `.attrs.json` and, for shells, as
 * `.attrs.sh`, instead of environment variables. Keys are sorted, as Nix does; numbers keep the spelling they came in.
 */
import type { Derivation } from "../formats/derivation-type.ts";
import { AppError } from "../std/app-error.ts";
import { compareBytes, fromByteString } from "../std/byte-string.ts";
import { wordsOf } from "./derivation-traits.ts";

export type Json = null | boolean | string | JsonNumber | readonly Json[] | JsonObject;

/** A number as it was spelled: some are too large for a double. */
export class JsonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Read access by the types that are expected. */
export class JsonObject {
  readonly members: ReadonlyMap<string, Json>;

  constructor(members: Iterable<readonly [string, Json]>) {
    this.members = new Map([...members].sort(([left], [right]) => compareBytes(left, right)));
  }

  object(name: string): JsonObject | null {
    const value = this.members.get(name);
    return value instanceof JsonObject ? value : null;
  }

  boolean(name: string): boolean | null {
    const value = this.members.get(name);
    return typeof value === "boolean" ? value : null;
  }

  number(name: string): number | null {
    const value = this.members.get(name);
    return value instanceof JsonNumber ? Number(value.text) : null;
  }

  /** A list of strings, or one string; null when it is not there. */
  strings(name: string): string[] | null {
    const value = this.members.get(name);
    if (typeof value === "string") return [value];
    return isList(value) ? value.filter((item) => typeof item === "string") : null;
  }
}

/**
 * The attributes of a derivation that has them as JSON, null for any other. Text is ordinary text, not byte strings.
 * @throws AppError `STORE_BAD_DERIVATION`
 */
export function structuredAttributes(derivation: Derivation): JsonObject | null {
  const text = derivation.env.get("__json");
  if (text === undefined) return null;
  const json = parseJson(fromByteString(text));
  if (json instanceof JsonObject) return json;
  throw new AppError("STORE_BAD_DERIVATION", "Attribute '__json' does not hold a JSON object");
}

/**
 * An attribute that holds a list of words, wherever the derivation has its attributes; null when it is not there.
 * Text is ordinary text.
 */
export function wordsAttribute(derivation: Derivation, name: string): string[] | null {
  const attributes = structuredAttributes(derivation);
  if (attributes !== null) return attributes.strings(name);
  const text = derivation.env.get(name);
  return text === undefined ? null : wordsOf(fromByteString(text));
}

function parseJson(text: string): Json {
  // as: TypeScript's type of a reviver does not know its third parameter, which Node has
  const reviver = keepNumberText as (this: unknown, key: string, value: unknown) => unknown;
  try {
    return toJson(JSON.parse(text, reviver));
  } catch (cause) {
    throw new AppError("STORE_BAD_DERIVATION", "Attribute '__json' is not valid JSON", { cause });
  }
}

function keepNumberText(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  return typeof value === "number" ? new JsonNumber(context.source ?? String(value)) : value;
}

function toJson(value: unknown): Json {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (value instanceof JsonNumber) return value;
  if (Array.isArray(value)) return value.map(toJson);
  return new JsonObject(Object.entries(Object(value)).map(([name, member]) => [name, toJson(member)]));
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

export function printJson(json: Json): string {
  if (json instanceof JsonNumber) return json.text;
  if (isList(json)) return `[${json.map(printJson).join(",")}]`;
  if (!(json instanceof JsonObject)) return JSON.stringify(json);
  return `{${[...json.members].map(([name, value]) => `${JSON.stringify(name)}:${printJson(value)}`).join(",")}}`;
}

const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Declarations for bash; what it cannot hold (nested values, odd names) is left out. */
export function printShell(attributes: JsonObject): string {
  return [...attributes.members]
    .filter(([name]) => SHELL_NAME.test(name))
    .map(([name, value]) => declaration(name, value))
    .join("");
}

function declaration(name: string, value: Json): string {
  const simple = shellWord(value);
  if (simple !== null) return `declare ${name}=${simple}\n`;
  if (isList(value)) return compound(`declare -a ${name}`, value.map(shellWord));
  if (!(value instanceof JsonObject)) return "";
  const words = [...value.members].map(([key, member]) => {
    const word = shellWord(member);
    return word === null ? null : `[${shellQuote(key)}]=${word}`;
  });
  return compound(`declare -A ${name}`, words);
}

function compound(head: string, words: readonly (string | null)[]): string {
  return words.includes(null) ? "" : `${head}=(${words.map((word) => `${word} `).join("")})\n`;
}

/** Null for what is no single word. */
function shellWord(value: Json): string | null {
  if (typeof value === "string") return shellQuote(value);
  if (value === null) return "''";
  if (typeof value === "boolean") return value ? "1" : "";
  if (!(value instanceof JsonNumber)) return null;
  return Number.isInteger(Number(value.text)) ? value.text : null;
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
