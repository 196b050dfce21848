import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { EvaluationRequest, JobEvaluator } from "../eval/job-evaluator.ts";
import { parseJobLine } from "../eval/parse-job-line.ts";
import type { JobResult } from "../model/job.ts";

const run = promisify(execFile);
const walker = fileURLToPath(new URL("./eval-jobs.nix", import.meta.url));

/** Real Nix as the evaluator, writing derivations into the store at `root`: the oracle for `firn eval --jobs`. */
export class NixJobEvaluator implements JobEvaluator {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async *evaluate({ releaseFile, arguments: given }: EvaluationRequest): AsyncGenerator<JobResult> {
    const values = given.map(
      ({ name, kind, value }) => `${name} = ${kind === "string" ? JSON.stringify(value) : value};`,
    );
    const flags = ["--store", this.#root, "--eval", "--strict", "--json", "--read-write-mode"];
    const call = `import ${walker} { file = ${releaseFile}; arguments = { ${values.join(" ")} }; }`;
    const { stdout } = await run("nix-instantiate", [...flags, "--expr", call], {
      // The caches of whoever runs the tests are none of ours.
      env: { ...process.env, XDG_CACHE_HOME: `${this.#root}/cache`, NIX_CONF_DIR: `${this.#root}/conf` },
      maxBuffer: 64 << 20,
    });
    const jobs: unknown[] = JSON.parse(stdout);
    yield* jobs.map((job) => parseJobLine(JSON.stringify(job)));
  }
}
