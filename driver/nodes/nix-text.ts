/**
 * Nodes written inside a test: as a piece of Nix, or as a plain object that is turned into Nix. Both end as the text of an
 * expression; the machine modules check them.
 */
import { AppError } from "#store/std/app-error.ts";

/** A Nix expression; made by {@link nix}. */
export class NixExpression {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What a typed object may hold: Nix's own kinds of data. */
export type NixValue =
  | null
  | boolean
  | number
  | string
  | NixExpression
  | readonly NixValue[]
  | { readonly [name: string]: NixValue | undefined };

/**
 * A Nix expression; values in `${}` are turned into Nix, expressions are put in as they are.
 * @example nix`{ pkgs, ... }: { environment.systemPackages = [ pkgs.curl ]; networking.hostName = ${name}; }`
 */
export function nix(strings: TemplateStringsArray, ...values: readonly NixValue[]): NixExpression {
  const parts = strings.raw.flatMap((part, index) => {
    const value = values[index];
    return value === undefined ? [part] : [part, toNix(value)];
  });
  return new NixExpression(parts.join(""));
}

/** The Nix text of a value. Names are quoted, so that any name is one. */
export function toNix(value: NixValue): string {
  if (value === null) return "null";
  if (value instanceof NixExpression) return `(${value.text})`;
  switch (typeof value) {
    case "boolean":
      return String(value);
    case "number":
      return numberToNix(value);
    case "string":
      return stringToNix(value);
    default:
      return isList(value) ? `[ ${value.map(toNix).join(" ")} ]` : setToNix(value);
  }
}

function isList(value: object): value is readonly NixValue[] {
  return Array.isArray(value);
}

function setToNix(value: { readonly [name: string]: NixValue | undefined }): string {
  const fields = Object.entries(value).map(([name, field]) =>
    field === undefined ? "" : `${stringToNix(name)} = ${toNix(field)}; `,
  );
  return `{ ${fields.join("")}}`;
}

/** In a list a negative number must stand in parentheses. */
function numberToNix(value: number): string {
  if (!Number.isFinite(value)) throw new AppError("DRIVER_NIX_VALUE", `Nix has no number '${value}'`);
  return value < 0 ? `(${value})` : String(value);
}

function stringToNix(value: string): string {
  return `"${value
    .replace(/["\\]|\$(?=\{)/g, "\\$&")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t")}"`;
}
