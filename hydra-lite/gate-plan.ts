import { createHash } from "node:crypto";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { JobsetKey } from "./db/evaluations.ts";
import type { NixArgument } from "./eval/job-evaluator.ts";
import { argumentFlags } from "./eval/process-job-evaluator.ts";
import { sourceArguments } from "./eval/source-arguments.ts";
import type { SourceRevision } from "./eval/source-revision.ts";
import type { GateOptions } from "./gate-options.ts";
import { shellWords } from "./shell-words.ts";

/** A gate's options with everything that they leave open decided. */
export interface GatePlan {
  readonly releaseFile: string;
  readonly channel: string;
  readonly gateJob: string;
  /** All that the release file's function is given. */
  readonly arguments: readonly NixArgument[];
  readonly channelsFolder: string;
  readonly cacheFolder: string;
  readonly binaryCacheUrl: string;
  readonly jobset: JobsetKey;
  readonly inputs: unknown;
  readonly inputHash: string;
  /** The command that shows a job's failure. */
  readonly reproduce: (job: string) => string;
}

export const defaultChannel = "firn-unstable-small";

export function planGate(options: GateOptions, source: SourceRevision): GatePlan {
  const { root, channel = defaultChannel, gateJob = "tested" } = options;
  const releaseFile = resolve(options.releaseFile);
  const chosen = chosenArguments(options);
  const cacheFolder = resolve(options.cacheFolder ?? join(root, "firn/cache"));
  const inputs = {
    url: source.url,
    revision: source.revision,
    releaseFile: relative(source.folder, releaseFile),
    arguments: chosen,
  };
  return {
    releaseFile,
    channel,
    gateJob,
    arguments: [...sourceArguments(source, channel), ...chosen],
    channelsFolder: channelsFolderOf(options),
    cacheFolder,
    binaryCacheUrl: options.binaryCacheUrl ?? pathToFileURL(cacheFolder).href,
    jobset: { project: source.folder, name: jobsetName(inputs.releaseFile, chosen), releaseFile },
    inputs,
    inputHash: createHash("sha256").update(JSON.stringify(inputs)).digest("hex"),
    reproduce: (job) => shellWords(["firn", "build", "-f", shortPath(releaseFile), job, ...argumentFlags(chosen)]),
  };
}

export function channelsFolderOf({ root, channelsFolder }: Pick<GateOptions, "root" | "channelsFolder">): string {
  return resolve(channelsFolder ?? join(root, "firn/channels"));
}

function chosenArguments({ arguments: given = [], breakTest }: GateOptions): NixArgument[] {
  return breakTest === undefined ? [...given] : [...given, { name: "breakTest", kind: "string", value: breakTest }];
}

/** A run with other arguments has a history of its own: what was broken on purpose is no regression. */
function jobsetName(releaseFile: string, chosen: readonly NixArgument[]): string {
  return [releaseFile, ...chosen.map(({ name, value }) => `${name}=${value}`)].join(" ");
}

function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith("..") ? path : short;
}
