import { indexPage } from "./index-page.ts";
import type { ReleaseFile } from "./release-folder.ts";
import { sha256 } from "./release-folder.ts";
import { compressXz } from "./xz.ts";

export interface ReleaseContents {
  readonly releaseName: string;
  readonly revision: string;
  readonly commitTime: Date;
  readonly srcUrl: string;
  readonly binaryCacheUrl: string;
  readonly nixexprs: Uint8Array;
  /** Logical store paths, in any order. */
  readonly storePaths: readonly string[];
}

/** The files of a release, as channel tools expect them (nix-channel, and scripts made for NixOS channels). */
export async function releaseFiles(contents: ReleaseContents): Promise<ReleaseFile[]> {
  const sortedPaths = [...new Set(contents.storePaths)].sort();
  const files: ReleaseFile[] = [
    { name: "nixexprs.tar.xz", contents: contents.nixexprs },
    { name: "store-paths.xz", contents: await compressXz(sortedPaths.map((path) => `${path}\n`).join("")) },
    // Without an end of line, as on NixOS's channels: readers take the whole file as the value.
    { name: "git-revision", contents: Buffer.from(contents.revision) },
    { name: "binary-cache-url", contents: Buffer.from(contents.binaryCacheUrl) },
    { name: "src-url", contents: Buffer.from(contents.srcUrl) },
  ];
  const sums = files.map((file) => ({ ...file, sha256: sha256(file.contents) }));
  return [
    ...files,
    ...sums.map(({ name, sha256 }) => ({ name: `${name}.sha256`, contents: Buffer.from(`${sha256}  ${name}\n`) })),
    { name: "index.html", contents: Buffer.from(indexPage(contents, sums)) },
  ];
}
