/**
 * Nix's settings from where Nix reads them: `nix.conf` of the system, then of the user, then `NIX_CONFIG`. A line is
 * `name = value`; `extra-name` adds to what is there; `include` and `!include` read another file.
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { AppError } from "../std/app-error.ts";
import { systemErrorCode } from "../std/system-error.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const MAX_INCLUDES = 32;

export class NixSettings {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string> = new Map()) {
    this.#values = values;
  }

  text(name: string): string | null {
    return this.#values.get(name) ?? null;
  }

  words(name: string, fallback: readonly string[]): readonly string[] {
    const value = this.#values.get(name);
    return value === undefined ? fallback : value.split(/\s+/).filter((word) => word !== "");
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.#values.get(name);
    if (value === undefined) return fallback;
    return value === "true" || value === "yes" || value === "1";
  }

  /** `auto` and what is no number give the fallback. */
  number(name: string, fallback: number): number {
    const value = this.#values.get(name) ?? "";
    return /^\d+$/.test(value) ? Number(value) : fallback;
  }

  /** These settings with others on top. */
  with(overrides: Iterable<readonly [string, string]>): NixSettings {
    const values = new Map(this.#values);
    for (const [name, value] of overrides) assign(values, name, value);
    return new NixSettings(values);
  }
}

/** @throws AppError `STORE_BAD_SETTINGS` for a line that is no setting, or an included file that is not there */
export function readNixSettings(env: Environment = process.env): NixSettings {
  const values = new Map<string, string>();
  readSettingsFile(join(env["NIX_CONF_DIR"] ?? "/etc/nix", "nix.conf"), values);
  const userFolder = env["XDG_CONFIG_HOME"] ?? join(env["HOME"] ?? homedir(), ".config");
  for (const path of env["NIX_USER_CONF_FILES"]?.split(":") ?? [join(userFolder, "nix", "nix.conf")]) {
    readSettingsFile(path, values);
  }
  parseSettings(env["NIX_CONFIG"] ?? "", values, { path: "NIX_CONFIG", depth: 0 });
  return new NixSettings(values);
}

interface Place {
  readonly path: string;
  readonly depth: number;
}

/** False when there is no such file. */
function readSettingsFile(path: string, values: Map<string, string>, depth = 0): boolean {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EACCES"].includes(systemErrorCode(error) ?? "")) return false;
    throw error;
  }
  parseSettings(text, values, { path, depth });
  return true;
}

function parseSettings(text: string, values: Map<string, string>, place: Place): void {
  for (const line of text.split("\n")) {
    const [, content = ""] = /^([^#]*)/.exec(line) ?? [];
    const words = content.trim().split(/\s+/);
    const [name = "", separator, ...rest] = words;
    if (name === "") continue;
    if (name === "include" || name === "!include") include(separator ?? "", name === "!include", { values, place });
    else if (separator === "=") assign(values, name, rest.join(" "));
    else throw badLine(line, place);
  }
}

function include(
  name: string,
  isOptional: boolean,
  { values, place }: { readonly values: Map<string, string>; readonly place: Place },
): void {
  const path = resolve(dirname(place.path), name);
  if (place.depth >= MAX_INCLUDES) throw new AppError("STORE_BAD_SETTINGS", `File '${path}' includes itself`);
  if (readSettingsFile(path, values, place.depth + 1) || isOptional) return;
  throw new AppError("STORE_BAD_SETTINGS", `Cannot read '${path}', which '${place.path}' includes`);
}

function assign(values: Map<string, string>, name: string, value: string): void {
  const base = name.startsWith("extra-") ? name.slice("extra-".length) : null;
  if (base === null) values.set(name, value);
  else values.set(base, `${values.get(base) ?? ""} ${value}`.trim());
}

function badLine(line: string, { path }: Place): AppError {
  return new AppError("STORE_BAD_SETTINGS", `Cannot read '${path}': '${line.trim()}' is no setting`, {
    hint: "A setting is written 'name = value'",
  });
}
