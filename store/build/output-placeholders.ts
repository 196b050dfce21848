import type { Derivation } from "../formats/derivation-type.ts";
import { hashPlaceholder } from "../formats/store-path.ts";

/**
 * The derivation as its builder is to see it: what `builtins.placeholder` stands for, in arguments and variables, becomes
 * the output's path. As in Nix, this touches neither the derivation on disk nor its hash.
 */
export function fillPlaceholders(derivation: Derivation): Derivation {
  const paths = [...derivation.outputs].map(([name, { path }]) => [hashPlaceholder(name), path] as const);
  const fill = (text: string): string =>
    paths.reduce((filled, [placeholder, path]) => filled.replaceAll(placeholder, () => path), text);
  return {
    ...derivation,
    args: derivation.args.map(fill),
    env: new Map([...derivation.env].map(([name, value]) => [name, fill(value)])),
  };
}
