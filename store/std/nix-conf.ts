/**
 * Nix's configuration as Nix finds it: `nix.conf` of the system, those of the user, then NIX_CONFIG; later ones win, and
 * `extra-<name>` adds to a list. The file format is that of Nix: `name = value`, `#` comments, `include` and `!include`.
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { AppError } from "./app-error.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings by name, each with its text. */
export type SettingTexts = Map<string, string>;

const maxIncludes = 32;

/**
 * Reads everything on top of `values`, and returns those.
 * @throws AppError `STORE_BAD_SETTING` for a line that is no setting, or an included file that is not there
 */
export function readNixConf(environment: Environment, values: SettingTexts = new Map()): SettingTexts {
  const paths = [join(environment["NIX_CONF_DIR"] ?? "/etc/nix", "nix.conf"), ...userFiles(environment).toReversed()];
  for (const path of paths) readFile({ path, depth: 0, isOptional: true }, values);
  parse(environment["NIX_CONFIG"] ?? "", { path: "NIX_CONFIG", depth: 0, isOptional: false }, values);
  return values;
}

export function assignSetting(values: SettingTexts, name: string, value: string): void {
  const list = name.startsWith("extra-") ? name.slice("extra-".length) : null;
  if (list === null) values.set(name, value);
  else values.set(list, `${values.get(list) ?? ""} ${value}`.trim());
}

/** The most important first. */
function userFiles(environment: Environment): string[] {
  const named = environment["NIX_USER_CONF_FILES"];
  if (named !== undefined) return named.split(":").filter((file) => file !== "");
  const home = environment["XDG_CONFIG_HOME"] || join(environment["HOME"] || homedir(), ".config");
  const shared = (environment["XDG_CONFIG_DIRS"] || "/etc/xdg").split(":").filter((folder) => folder !== "");
  return [home, ...shared].map((folder) => join(folder, "nix", "nix.conf"));
}

interface Source {
  readonly path: string;
  /** How many files included each other on the way here. */
  readonly depth: number;
  readonly isOptional: boolean;
}

function readFile(source: Source, values: SettingTexts): void {
  const { path, depth, isOptional } = source;
  if (depth > maxIncludes) throw new AppError("STORE_BAD_SETTING", `The configuration file '${path}' includes itself`);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (isOptional) return;
    throw new AppError("STORE_BAD_SETTING", `Cannot read the configuration file '${path}'`, { cause: error });
  }
  parse(text, source, values);
}

function parse(text: string, source: Source, values: SettingTexts): void {
  for (const line of text.split("\n")) parseLine(line, source, values);
}

function parseLine(line: string, { path, depth }: Source, values: SettingTexts): void {
  const [first, second, ...rest] = line
    .replace(/#.*/, "")
    .split(/[ \t\r]+/)
    .filter((word) => word !== "");
  if (first === undefined) return;
  if ((first === "include" || first === "!include") && second !== undefined && rest.length === 0) {
    const included = { path: resolve(dirname(path), second), depth: depth + 1, isOptional: first === "!include" };
    readFile(included, values);
  } else if (second === "=") assignSetting(values, first, rest.join(" "));
  else {
    throw new AppError("STORE_BAD_SETTING", `Illegal configuration line '${line.trim()}' in '${path}'`, {
      hint: "a line is 'name = value', with a blank on both sides of '='",
    });
  }
}
