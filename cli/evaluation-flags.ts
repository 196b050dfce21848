/** The flags that say what to evaluate, shared by `firn eval`, `firn build`, `nix-instantiate` and `nix-build`. */
import type { AutoArgument, EvaluateOptions, EvaluationSettings } from "#evaluator/api.ts";
import type { Flags } from "./flags.ts";
import { nixSettings, settingsOptions } from "./nix-settings.ts";
import { say } from "./output/terminal.ts";

export const evaluationFlags = {
  attr: { kind: "list", aliases: ["-A"], value: "ATTR", help: "attribute path to take from the value" },
  arg: { kind: "pairs", value: "NAME EXPR", help: "argument for functions on the way" },
  argstr: { kind: "pairs", value: "NAME TEXT", help: "the same, as a string" },
  include: { kind: "list", aliases: ["-I"], value: "[NAME=]PATH", help: "where <NAME> is looked up; before NIX_PATH" },
  showTrace: { kind: "boolean", help: "show every step that led to an error" },
  store: { kind: "string", value: "ROOT", help: "Firn's root ($FIRN_ROOT, ~/.local/share/firn)" },
  option: { kind: "pairs", value: "NAME VALUE", help: "a setting, as in nix.conf: --option pure-eval true" },
} as const;

export type EvaluationFlagOptions = Pick<
  EvaluateOptions,
  "autoArgs" | "searchPath" | "showTrace" | "onLog" | "environment" | "system" | keyof EvaluationSettings
>;

/** From the flags, nix.conf and NIX_CONFIG. */
export function evaluationOptions(given: Flags<typeof evaluationFlags>): EvaluationFlagOptions {
  const settings = settingsOptions(nixSettings(given));
  return {
    ...settings,
    autoArgs: autoArgs(given),
    searchPath: given.include,
    showTrace: given.showTrace || settings.showTrace === true,
    onLog: say,
  };
}

function autoArgs({ arg, argstr }: Flags<typeof evaluationFlags>): Readonly<Record<string, AutoArgument>> {
  return Object.fromEntries([
    ...arg.map(([name, text]): [string, AutoArgument] => [name, { type: "expression", text }]),
    ...argstr.map(([name, text]): [string, AutoArgument] => [name, { type: "string", text }]),
  ]);
}
