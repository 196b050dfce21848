/** Questions about a derivation that its environment answers. */
import type { Derivation } from "../formats/derivation-type.ts";

/** Splits at white space, as Nix reads lists in environment variables. */
export function wordsOf(text: string | undefined): string[] {
  return (text ?? "").split(/[ \t\n\r]+/).filter((word) => word !== "");
}

/** Its one output has a hash that is known before the build; such a build may reach the network. */
export function isFixedOutput(derivation: Derivation): boolean {
  return derivation.outputs.size === 1 && (derivation.outputs.get("out")?.hash ?? "") !== "";
}

/** Waits for the network rather than a processor. */
export function isDownload(derivation: Derivation): boolean {
  return derivation.builder === "builtin:fetchurl";
}

/** Output name -> logical path. */
export function outputPathsOf(derivation: Derivation): Record<string, string> {
  return Object.fromEntries([...derivation.outputs].map(([name, output]) => [name, output.path]));
}
