import { execa } from "execa";
import { AppError } from "#store/std/app-error.ts";

/**
 * Base address of a Debian archive, without a slash at the end: the first of `FIRN_MIRROR_DEBIAN`, else the first archive in the
 * host's apt configuration that says it is Debian's, or, before a first `apt-get update`, whose path ends in `/debian`.
 */
export async function debianMirror(environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const [named] = (environment["FIRN_MIRROR_DEBIAN"] ?? "").split(/\s+/).filter((url) => url !== "");
  if (named !== undefined) return named.replace(/\/+$/, "");
  const format = "$(REPO_URI)\t$(ORIGIN)\t$(LABEL)";
  const { stdout } = await execa("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]);
  const mirror = chooseMirror(stdout);
  if (mirror !== null) return mirror;
  throw new AppError("SEEDS_NO_MIRROR", "Find a Debian mirror: the host's apt configuration names none", {
    hint: "Set FIRN_MIRROR_DEBIAN to the address of a Debian archive",
  });
}

/** Picks from lines of `address TAB origin TAB label`. */
export function chooseMirror(lines: string): string | null {
  const archives = lines.split("\n").map((line) => {
    const [address = "", origin = "", label = ""] = line.split("\t");
    return { address: address.replace(/\/+$/, ""), origin, label };
  });
  const found =
    archives.find(({ origin, label }) => origin === "Debian" && label === "Debian") ??
    archives.find(({ address }) => address.endsWith("/debian"));
  return found?.address ?? null;
}
