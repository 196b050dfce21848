import { AppError } from "#store/std/app-error.ts";
import type { SourceRevision } from "../eval/source-revision.ts";
import type { GatePlan } from "../gate-plan.ts";
import type { BuildRecord } from "../model/build-record.ts";
import type { JobStore } from "../queue/job-store.ts";
import { readProducts, readReleaseName } from "../queue/products.ts";
import { readStoreFile } from "../queue/store-files.ts";
import type { ReleaseContents } from "./release-files.ts";
import { compactTime } from "./release-order.ts";

/** Gathers what a release is made of from the builds that its gate needed. All of them succeeded. */
export function assembleRelease(
  store: JobStore,
  builds: readonly BuildRecord[],
  { plan, source }: { readonly plan: GatePlan; readonly source: SourceRevision },
): ReleaseContents {
  const tarball = findTarball(store, builds);
  const { revision, commitTime, url } = source;
  return {
    releaseName: tarball.releaseName ?? `${plan.channel}-pre${compactTime(commitTime)}.${source.shortRevision}`,
    revision,
    commitTime,
    srcUrl: url,
    binaryCacheUrl: plan.binaryCacheUrl,
    nixexprs: tarball.contents,
    storePaths: store.computeClosure(builds.flatMap(({ outputs }) => Object.values(outputs))),
  };
}

function findTarball(
  store: JobStore,
  builds: readonly BuildRecord[],
): { readonly contents: Uint8Array; readonly releaseName: string | null } {
  for (const { outputs } of builds) {
    const product = readProducts(store, outputs).find(({ type }) => type === "channel");
    const contents = product === undefined ? null : readStoreFile(store, product.path);
    if (contents !== null) {
      return { contents, releaseName: readReleaseName(store, outputs) };
    }
  }
  throw new AppError(
    "HYDRA_NO_CHANNEL_TARBALL",
    "Cannot publish: no job that the gate needs offers the channel's tarball",
    {
      hint: "Give the aggregate a job with a line 'channel - <nixexprs.tar.xz>' in its 'nix-support/hydra-build-products'",
    },
  );
}
