import { createHash } from "node:crypto";
import { lstatSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import type { Product } from "../model/product.ts";
import type { JobStore } from "./job-store.ts";
import { readStoreFile, resolveInStore } from "./store-files.ts";

type Locations = Pick<JobStore, "storeDir" | "physicalPath">;

/** `<type> <subtype> <path>`, the path in quotes when it has spaces; what follows names a default file inside. */
const productLine = /^([\w-]+)\s+([\w-]+)\s+(?:"([^"]+)"|(\S+))/;

/** The files that a build's outputs offer in `nix-support/hydra-build-products`; lines that name nothing are passed over. */
export function readProducts(store: Locations, outputs: Readonly<Record<string, string>>): Product[] {
  return Object.values(outputs).flatMap((output) => {
    const listing = readStoreFile(store, `${output}/nix-support/hydra-build-products`)?.toString("utf8") ?? "";
    return listing.split("\n").flatMap((line) => productOf(store, line) ?? []);
  });
}

/** The name that a build gives its release in `nix-support/hydra-release-name`. */
export function readReleaseName(store: Locations, outputs: Readonly<Record<string, string>>): string | null {
  for (const output of Object.values(outputs)) {
    const name = readStoreFile(store, `${output}/nix-support/hydra-release-name`)?.toString("utf8").trim();
    if (name !== undefined && name !== "") {
      return name;
    }
  }
  return null;
}

/** A build may succeed so that its report is kept, and say by this file that what it stands for failed. */
export function saysItFailed(store: Locations, outputs: Readonly<Record<string, string>>): boolean {
  return Object.values(outputs).some((output) => resolveInStore(store, `${output}/nix-support/failed`) !== null);
}

function productOf(store: Locations, line: string): Product | null {
  const [, type, subtype, quoted, plain] = productLine.exec(line.trim()) ?? [];
  const path = resolveInStore(store, quoted ?? plain ?? "");
  if (type === undefined || subtype === undefined || path === null) {
    return null;
  }
  const isFile = lstatSync(store.physicalPath(path)).isFile();
  const contents = isFile ? readFileSync(store.physicalPath(path)) : null;
  return {
    type,
    subtype: subtype === "none" || subtype === "-" ? "" : subtype,
    name: posix.basename(quoted ?? plain ?? ""),
    path,
    sizeBytes: contents?.length ?? null,
    sha256: contents === null ? null : createHash("sha256").update(contents).digest("hex"),
  };
}
