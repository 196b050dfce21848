/** Many paths that refer to each other as closures do, registered without builds. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeBase32 } from "../../formats/base32.ts";
import { hashHex } from "../../formats/hash.ts";
import { canonicalizeTree } from "../../local/canonical.ts";
import { hashAndScanTree } from "../../local/reference-scan.ts";
import type { LocalStore } from "../../local/store-interface.ts";

/** @returns a path that refers to all others, transitively */
export function addManyPaths(store: LocalStore, count: number, sizeBytes: (index: number) => number): string {
  const paths: string[] = [];
  for (let i = 0; i < count; i++) {
    const digest = Buffer.from(hashHex("sha256", `path ${i}`), "hex").subarray(0, 20);
    const path = `/nix/store/${encodeBase32(digest)}-package-${i}`;
    const references = [paths[i - 1], paths[Math.floor(i / 2)], paths[Math.floor(i / 3)]].filter(
      (r) => r !== undefined,
    );
    const folder = store.physicalPath(path);
    mkdirSync(join(folder, "bin"), { recursive: true });
    mkdirSync(join(folder, "share", "doc"), { recursive: true });
    writeFileSync(join(folder, "bin", "tool"), references.join("\n"), { mode: 0o755 });
    writeFileSync(join(folder, "share", "doc", "text"), `line of text ${i}\n`.repeat(Math.ceil(sizeBytes(i) / 17)));
    canonicalizeTree(folder);
    store.registerPaths([{ path, ...hashAndScanTree(folder, references) }]);
    paths.push(path);
  }
  return paths.at(-1) ?? "";
}
