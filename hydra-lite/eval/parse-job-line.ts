import * as v from "valibot";
import { AppError } from "#store/std/app-error.ts";
import type { JobResult } from "../model/job.ts";

const errorLine = v.object({
  type: v.literal("error"),
  code: v.string(),
  message: v.string(),
  hint: v.optional(v.string()),
  details: v.optional(v.string()),
});

const jobErrorLine = v.object({ attr: v.string(), error: v.string() });

const jobLine = v.object({
  attr: v.string(),
  name: v.string(),
  drvPath: v.string(),
  outputs: v.record(v.string(), v.string()),
  constituents: v.nullish(v.array(v.string()), null),
});

/**
 * Reads a line of `firn eval --jobs --json`: a job, or a job's error. Throws the error of a line that ends the whole
 * evaluation (`{"type":"error",..}`).
 */
export function parseJobLine(line: string): JobResult {
  const value = parseJson(line);
  const whole = v.safeParse(errorLine, value);
  if (whole.success) {
    const { code, message, hint, details } = whole.output;
    throw new AppError(code, message, {
      ...(hint === undefined ? {} : { hint }),
      ...(details === undefined ? {} : { details }),
    });
  }
  const job = v.safeParse(v.union([jobErrorLine, jobLine]), value);
  if (!job.success) {
    throw new AppError("HYDRA_BAD_JOB_LINE", `Cannot read what the evaluator printed: '${line.slice(0, 200)}'`);
  }
  return job.output;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new AppError("HYDRA_BAD_JOB_LINE", `Cannot read what the evaluator printed: '${line.slice(0, 200)}'`, {
      cause,
    });
  }
}
