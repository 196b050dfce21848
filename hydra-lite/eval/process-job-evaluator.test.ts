import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { JobResult } from "../model/job.ts";
import type { EvaluationRequest } from "./job-evaluator.ts";
import { processJobEvaluator } from "./process-job-evaluator.ts";
import { startEarly } from "./start-early.ts";

/** An evaluator that is this JavaScript; it finds its flags in `process.argv.slice(1)`. */
const evaluatorOf = (program: string) =>
  processJobEvaluator({
    root: "/firn-root",
    command: [process.execPath, "--input-type=commonjs", "-e", program, "--"],
  });

async function evaluate(program: string, request: Partial<EvaluationRequest> = {}): Promise<JobResult[]> {
  const jobs: JobResult[] = [];
  for await (const job of evaluatorOf(program).evaluate({ releaseFile: "/r.nix", arguments: [], ...request })) {
    jobs.push(job);
  }
  return jobs;
}

const job = {
  attr: "a.b",
  name: "n",
  drvPath: "/nix/store/x.drv",
  outputs: { out: "/nix/store/x" },
  constituents: null,
};

test("processJobEvaluator gives jobs and errors as they are printed", async () => {
  const lines = [JSON.stringify({ ...job, meta: { x: 1 } }), "", JSON.stringify({ attr: "c", error: "no" })];
  const jobs = await evaluate(`console.log(${JSON.stringify(lines.join("\n"))})`);
  assert.deepEqual(jobs, [job, { attr: "c", error: "no" }]);
});

test("processJobEvaluator passes file, root and arguments on", async () => {
  const program = `console.log(JSON.stringify({ attr: process.env.FIRN_ROOT, error: process.argv.slice(1).join(" ") }))`;
  const given = [
    { name: "x", kind: "string", value: "y" },
    { name: "e", kind: "expression", value: "{ }" },
  ] as const;
  assert.deepEqual(await evaluate(program, { arguments: given }), [
    { attr: "/firn-root", error: "--jobs /r.nix --json --argstr x y --arg e { }" },
  ]);
});

test("processJobEvaluator throws the error that ends an evaluation", async () => {
  const error = {
    type: "error",
    code: "EVAL_SYNTAX",
    message: "Unexpected '}'",
    hint: "Close it",
    details: "r.nix:1:2",
  };
  await assert.rejects(evaluate(`console.log(${JSON.stringify(JSON.stringify(error))}); process.exitCode = 1`), {
    code: "EVAL_SYNTAX",
    message: "Unexpected '}'",
    hint: "Close it",
    details: "r.nix:1:2",
  });
});

test("processJobEvaluator says how the process ended", async () => {
  await assert.rejects(evaluate(`console.error("why"); process.exitCode = 1`), {
    code: "HYDRA_EVALUATION_FAILED",
    details: "why",
    exitCode: 1,
  });
  await assert.rejects(evaluate("process.exitCode = 70"), { code: "HYDRA_EVALUATION_FAILED", exitCode: 70 });
  await assert.rejects(evaluate(`process.kill(process.pid, "SIGKILL")`), {
    code: "HYDRA_EVALUATOR_KILLED",
    hint: "The system may have run out of memory",
  });
  await assert.rejects(evaluate(`console.log("{nonsense")`), { code: "HYDRA_BAD_JOB_LINE" });
  const missing = processJobEvaluator({ root: "/", command: ["/nonexistent/firn"] });
  await assert.rejects(missing.evaluate({ releaseFile: "/r", arguments: [] })[Symbol.asyncIterator]().next(), {
    code: "HYDRA_NO_EVALUATOR",
  });
});

test("processJobEvaluator ends its process when the signal is aborted", async () => {
  const abort = new AbortController();
  const running = evaluate(`console.log(${JSON.stringify(JSON.stringify(job))}); setInterval(() => {}, 1000)`, {
    signal: abort.signal,
  });
  abort.abort(new Error("interrupted"));
  await assert.rejects(running, /interrupted/);
});

test("processJobEvaluator ends its process when nobody reads on", async () => {
  const program = `console.log(JSON.stringify({ attr: String(process.pid), error: "" })); setInterval(() => {}, 1000)`;
  let pid = 0;
  for await (const line of evaluatorOf(program).evaluate({ releaseFile: "/r", arguments: [] })) {
    pid = Number(line.attr);
    break;
  }
  const isAlive = (): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  for (let waited = 0; isAlive() && waited < 100; waited += 1) {
    await setTimeout(50);
  }
  assert.equal(isAlive(), false);
});

test("startEarly asks for the first value at once and gives all of them", async () => {
  const asked: string[] = [];
  async function* source() {
    asked.push("first");
    yield 1;
    yield 2;
  }
  const values = startEarly(source());
  assert.deepEqual(asked, ["first"]);
  const given: number[] = [];
  for await (const value of values) {
    given.push(value);
  }
  assert.deepEqual(given, [1, 2]);
});
