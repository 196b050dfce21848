/** What this host can build. */

import type { Derivation } from "../formats/derivation-type.ts";
import { AppError } from "../std/app-error.ts";
import { wordsAttribute } from "./structured-attributes.ts";

const PLATFORMS_BY_ARCH: Readonly<Record<string, readonly string[]>> = {
  x64: ["x86_64-linux", "i686-linux"],
  arm64: ["aarch64-linux"],
};
/** Builders in our own process run anywhere. */
const BUILTIN_PLATFORM = "builtin";

const SYSTEM_FEATURES: ReadonlySet<string> = new Set(["nixos-test", "big-parallel", "benchmark"]);

/** @throws AppError `STORE_FOREIGN_PLATFORM` or `STORE_MISSING_FEATURE` */
export function checkBuildableHere(name: string, derivation: Derivation): void {
  const { platform, builder } = derivation;
  const platforms = PLATFORMS_BY_ARCH[process.arch] ?? [];
  if (!platforms.includes(platform) && platform !== BUILTIN_PLATFORM && !builder.startsWith("builtin:")) {
    throw new AppError("STORE_FOREIGN_PLATFORM", `Cannot build '${name}': it needs a '${platform}' machine`, {
      hint: `This host builds for: ${platforms.join(", ")}`,
    });
  }
  const missing = (wordsAttribute(derivation, "requiredSystemFeatures") ?? []).filter(
    (word) => !SYSTEM_FEATURES.has(word),
  );
  if (missing.length > 0) {
    throw new AppError("STORE_MISSING_FEATURE", `Cannot build '${name}': it needs '${missing.join("', '")}'`, {
      hint: `This host offers: ${[...SYSTEM_FEATURES].join(", ")}`,
    });
  }
}
