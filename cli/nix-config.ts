/** Nix's settings as commands use them: read from where Nix has them, then changed by flags. */
import { AppError } from "#store/std/app-error.ts";
import { assignSetting, type Environment, readNixConf, type SettingTexts } from "#store/std/nix-conf.ts";

/** Settings by name, each with its text. */
export class NixConfig {
  readonly #values: SettingTexts;

  constructor(values: SettingTexts = new Map()) {
    this.#values = values;
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  get names(): Iterable<string> {
    return this.#values.keys();
  }

  set(name: string, value: string): void {
    assignSetting(this.#values, name, value);
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
}

/** @throws AppError `STORE_BAD_SETTING` */
export function readNixConfig(environment: Environment): NixConfig {
  // The one setting that we read whose default is not empty, so that `extra-trusted-public-keys` adds to it.
  const defaults = new Map([["trusted-public-keys", "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY="]]);
  return new NixConfig(readNixConf(environment, defaults));
}
