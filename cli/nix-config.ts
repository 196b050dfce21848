/**
 * Nix's configuration as Nix finds it: `nix.conf` of the system, those of the user, then NIX_CONFIG; later ones win, and
 * `extra-<name>` adds to a list. The file format is that of Nix: `name = value`, `#` comments, `include` and `!include`.
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { AppError } from "#store/std/app-error.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings by name, each with its text. */
export class NixConfig {
  readonly #values = new Map<string, string>();

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  get names(): Iterable<string> {
    return this.#values.keys();
  }

  set(name: string, value: string): void {
    const own = this.#values.get(name.replace(/^extra-/, ""));
    if (name.startsWith("extra-")) {
      this.#values.set(name.slice("extra-".length), own === undefined ? value : `${own} ${value}`.trim());
    } else this.#values.set(name, value);
  }

  /** @throws AppError `CLI_BAD_SETTING` */
  boolean(name: string): boolean | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (value === "true" || value === "yes" || value === "1") return true;
    if (value === "false" || value === "no" || value === "0") return false;
    throw new AppError("CLI_BAD_SETTING", `Setting '${name}' is a Boolean, not '${value}'`, {
      hint: "write 'true' or 'false'",
    });
  }

  /** @throws AppError `CLI_BAD_SETTING` */
  wholeNumber(name: string): number | undefined {
    const text = this.get(name);
    if (text === undefined) return undefined;
    if (/^\d+$/.test(text)) return Number(text);
    throw new AppError("CLI_BAD_SETTING", `Setting '${name}' is a whole number, not '${text}'`);
  }

  words(name: string): readonly string[] | undefined {
    return this.get(name)
      ?.split(/\s+/)
      .filter((word) => word !== "");
  }

  /** Adds what a text in the format of nix.conf says; relative includes start at `origin`'s folder. */
  parse(text: string, origin: string): void {
    for (const line of text.split("\n")) this.#parseLine(line, origin);
  }

  #parseLine(line: string, origin: string): void {
    const [first, second, ...rest] = line
      .replace(/#.*/, "")
      .split(/[ \t\r]+/)
      .filter((word) => word !== "");
    if (first === undefined) return;
    if ((first === "include" || first === "!include") && second !== undefined && rest.length === 0) {
      this.readFile(resolve(dirname(origin), second), first === "!include");
    } else if (second === "=") this.set(first, rest.join(" "));
    else {
      throw new AppError("CLI_BAD_SETTING", `Illegal configuration line '${line.trim()}' in '${origin}'`, {
        hint: "a line is 'name = value', with a blank on both sides of '='",
      });
    }
  }

  readFile(path: string, optional: boolean): void {
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      if (optional) return;
      throw new AppError("CLI_BAD_SETTING", `Cannot read the configuration file '${path}'`, { cause: error });
    }
    this.parse(text, path);
  }
}

/** @throws AppError `CLI_BAD_SETTING` */
export function readNixConfig(environment: Environment): NixConfig {
  const config = new NixConfig();
  // The one setting that we read whose default is not empty, so that `extra-trusted-public-keys` adds to it.
  config.set("trusted-public-keys", "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=");
  config.readFile(join(environment["NIX_CONF_DIR"] ?? "/etc/nix", "nix.conf"), true);
  for (const file of userConfigFiles(environment).toReversed()) config.readFile(file, true);
  const text = environment["NIX_CONFIG"];
  if (text !== undefined) config.parse(text, "NIX_CONFIG");
  return config;
}

/** The most important first. */
function userConfigFiles(environment: Environment): string[] {
  const named = environment["NIX_USER_CONF_FILES"];
  if (named !== undefined) return named.split(":").filter((file) => file !== "");
  const home = environment["XDG_CONFIG_HOME"] || join(environment["HOME"] || homedir(), ".config");
  const shared = (environment["XDG_CONFIG_DIRS"] || "/etc/xdg").split(":").filter((folder) => folder !== "");
  return [home, ...shared].map((folder) => join(folder, "nix", "nix.conf"));
}
