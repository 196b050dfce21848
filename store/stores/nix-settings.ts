/** Nix's settings as the store and its daemon use them. */
import { assignSetting, type Environment, readNixConf } from "../std/nix-conf.ts";

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
    for (const [name, value] of overrides) assignSetting(values, name, value);
    return new NixSettings(values);
  }
}

/** @throws AppError `STORE_BAD_SETTING` for a line that is no setting, or an included file that is not there */
export function readNixSettings(environment: Environment = process.env): NixSettings {
  return new NixSettings(readNixConf(environment));
}
