/** The release gate: evaluate a release file's jobs, build them, judge, publish a channel release, move the pointer. */
export type { Publication } from "./channels/publish.ts";
export type { EvaluationRequest, JobEvaluator, NixArgument } from "./eval/job-evaluator.ts";
export { excuseLine } from "./gate/excuse-line.ts";
export type { GateEvent, GatePhase } from "./gate-event.ts";
export type { GateOptions } from "./gate-options.ts";
export { defaultChannel } from "./gate-plan.ts";
export { type ChannelStatus, gateStatus } from "./gate-status.ts";
export type { BuildStatus, FailureReason } from "./model/build-status.ts";
export type { Excuse, ExcuseKind } from "./model/excuse.ts";
export type { EvaluatedJob, JobError, JobResult } from "./model/job.ts";
export { runGate } from "./run-gate.ts";
