import { createHash } from "node:crypto";
import type { ReleaseToPublish } from "../channels/publish.ts";
import { releaseFiles } from "../channels/release-files.ts";
import { compactTime } from "../channels/release-order.ts";

/** Does not compress, and is the same in every process. */
const tarball = createHash("shake256", { outputLength: 200_000 }).update("tarball").digest();

/** Release `number` of the channel "c": the higher, the newer. Its tarball ends with the number. */
export async function numberedRelease(number: number): Promise<ReleaseToPublish> {
  const commitTime = new Date(Date.UTC(2026, 0, 1) + number * 1000);
  const revision = number.toString(16).padStart(40, "0");
  const releaseName = `c-0.1pre${compactTime(commitTime)}.${revision.slice(-7)}`;
  const files = await releaseFiles({
    releaseName,
    revision,
    commitTime,
    srcUrl: `git+file:///src?rev=${revision}`,
    binaryCacheUrl: "file:///cache",
    nixexprs: Buffer.concat([tarball, Buffer.from(`${number}`)]),
    storePaths: ["/nix/store/b", "/nix/store/a", "/nix/store/b"],
  });
  return { channel: "c", releaseName, revision, commitTime, evaluationId: number, files };
}
