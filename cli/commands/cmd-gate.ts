import { resolve } from "node:path";
import type { ChannelStatus, GateEvent, NixArgument } from "#hydra-lite/api.ts";
import { AppError } from "#store/std/app-error.ts";
import { wholeNumber } from "../build-flags.ts";
import { type Command, type CommandContext, defineCommand } from "../command.ts";
import type { Flags } from "../flags.ts";
import { createBuildProgress } from "../output/build-progress.ts";
import { bold, dim, formatDuration, green, red, say, yellow } from "../output/terminal.ts";
import { releaseFileOfProject } from "../project.ts";

const flags = {
  releaseFile: { kind: "string", value: "FILE", help: "the jobs (distro/release.nix of Firn)" },
  channel: { kind: "string", value: "NAME", help: "the channel to judge (firn-unstable-small)" },
  gateJob: { kind: "string", value: "JOB", help: "the job that decides (tested)" },
  break: {
    kind: "string",
    value: "TEST",
    help: "break this test on purpose, to see the gate hold (boot, first-light)",
  },
  channels: { kind: "string", value: "DIR", help: "where releases and pointers lie (<root>/firn/channels)" },
  binaryCacheUrl: {
    kind: "string",
    value: "URL",
    help: "where users of the channel find the cache (file://<root>/firn/cache)",
  },
  force: { kind: "boolean", help: "let the channel go back to an older revision" },
  keepGoing: { kind: "boolean", aliases: ["-k"], help: "go on with what does not depend on a failed build" },
  maxJobs: { kind: "string", aliases: ["-j"], value: "N", help: "builds at the same time (number of processors)" },
  arg: { kind: "pairs", value: "NAME EXPR", help: "argument of the release file's function" },
  argstr: { kind: "pairs", value: "NAME TEXT", help: "the same, as a string" },
  store: { kind: "string", value: "ROOT", help: "Firn's root ($FIRN_ROOT, ~/.local/share/firn)" },
  json: { kind: "boolean", help: "print every event as a line of JSON" },
  printBuildLogs: { kind: "boolean", aliases: ["-L"], help: "print the output of builds" },
} as const;

export const command: Command = defineCommand({
  name: "firn gate",
  summary: "Evaluates a release's jobs, builds them, and moves the channel when all that it needs has succeeded.",
  usage: "[status] [--channel NAME] [--release-file FILE] [--break TEST]",
  flags,
  notes: `
'firn gate status' shows where each channel stands and what holds it.

Exit codes: 0 the channel stands at the tested release; 1 it was held back and the reason is printed;
2 wrong usage; 3 the host lacks something; 130 interrupted.`,
  run: ({ flags: given, operands }, context) => {
    if (operands[0] === "status" && operands.length === 1) return showStatus(given);
    if (operands.length === 0) return gate(given, context);
    throw new AppError("CLI_USAGE", `Unexpected argument '${operands.join(" ")}'`, {
      exitCode: 2,
      hint: "'firn gate' and 'firn gate status' are the two forms",
    });
  },
});

async function gate(given: Flags<typeof flags>, { signal }: CommandContext): Promise<number> {
  const { runGate } = await import("#hydra-lite/api.ts");
  const { defaultRoot } = await import("#store/api.ts");
  const events = runGate({
    root: given.store === undefined ? defaultRoot() : resolve(given.store),
    releaseFile: resolve(given.releaseFile ?? releaseFileOfProject),
    arguments: nixArguments(given),
    build: {
      signal,
      keepGoing: given.keepGoing,
      ...(given.maxJobs === undefined ? {} : { maxJobs: wholeNumber("--max-jobs", given.maxJobs) }),
    },
    force: given.force,
    ...(given.channel === undefined ? {} : { channel: given.channel }),
    ...(given.gateJob === undefined ? {} : { gateJob: given.gateJob }),
    ...(given.break === undefined ? {} : { breakTest: given.break }),
    ...(given.channels === undefined ? {} : { channelsFolder: resolve(given.channels) }),
    ...(given.binaryCacheUrl === undefined ? {} : { binaryCacheUrl: given.binaryCacheUrl }),
  });
  const show = given.json ? printJson : await createGateDisplay(given.printBuildLogs);
  let outcome = "held";
  for await (const event of events) {
    await show(event);
    if (event.type === "finished") outcome = event.outcome;
  }
  return outcome === "held" ? 1 : 0;
}

function nixArguments(given: Flags<typeof flags>): NixArgument[] {
  return [
    ...given.arg.map(([name, value]): NixArgument => ({ name, kind: "expression", value })),
    ...given.argstr.map(([name, value]): NixArgument => ({ name, kind: "string", value })),
  ];
}

async function printJson(event: GateEvent): Promise<void> {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

async function createGateDisplay(printLogs: boolean): Promise<(event: GateEvent) => Promise<void>> {
  const { excuseLine } = await import("#hydra-lite/api.ts");
  const progress = createBuildProgress({ printLogs });
  return async (event) => {
    switch (event.type) {
      case "source":
        say(
          `release file ${event.releaseFile} at revision ${event.source.shortRevision}${event.source.dirty ? yellow(" with uncommitted changes") : ""}`,
        );
        break;
      case "job-evaluated":
        if (event.error !== undefined) say(`${red("error:")} job '${event.job}' does not evaluate: ${event.error}`);
        break;
      case "build":
        progress.show(event.event);
        break;
      case "job-finished":
        progress.clear();
        say(jobLine(event));
        break;
      case "phase-finished":
        if (event.phase === "build") progress.end();
        say(dim(`${event.phase}: ${formatDuration(event.durationMs)}`));
        break;
      case "verdict":
        for (const excuse of event.excuses) showExcuse(excuse, excuseLine(excuse));
        break;
      case "finished":
        say(finalLine(event));
        break;
    }
  };
}

function jobLine(event: Extract<GateEvent, { type: "job-finished" }>): string {
  const time = event.cached ? "built before" : formatDuration(event.durationMs);
  if (event.status === "succeeded") return `${green("ok    ")} ${event.job} ${dim(`(${time})`)}`;
  // Nothing is wrong with a job that was only stopped because another had failed.
  if (event.status === "cancelled") return `${yellow("stopped")} ${event.job}`;
  return `${red("FAILED")} ${event.job} ${dim(`(${event.status})`)}`;
}

function showExcuse(excuse: Extract<GateEvent, { type: "verdict" }>["excuses"][number], line: string): void {
  say(`${red("held:")} ${line}`);
  for (const last of excuse.lastLines) say(dim(`  ${last}`));
  say(`  ${bold("reproduce:")} ${excuse.reproduce}`);
}

function finalLine(event: Extract<GateEvent, { type: "finished" }>): string {
  const at = event.release ?? "no release yet";
  if (event.outcome === "moved") return `${green("moved:")} ${bold(event.channel)} -> ${at}`;
  if (event.outcome === "already-there") return `${green("stands:")} ${bold(event.channel)} is already at ${at}`;
  return `${red("held:")} ${bold(event.channel)} stays at ${at}`;
}

async function showStatus(given: Flags<typeof flags>): Promise<number> {
  const { gateStatus } = await import("#hydra-lite/api.ts");
  const { defaultRoot } = await import("#store/api.ts");
  const channels = await gateStatus({
    root: given.store === undefined ? defaultRoot() : resolve(given.store),
    ...(given.channels === undefined ? {} : { channelsFolder: resolve(given.channels) }),
  });
  if (given.json) process.stdout.write(`${JSON.stringify(channels, null, 2)}\n`);
  else if (channels.length === 0) process.stdout.write("no channel yet; 'firn gate' makes the first release\n");
  else for (const channel of channels) process.stdout.write(`${await channelText(channel)}\n`);
  return 0;
}

async function channelText(status: ChannelStatus): Promise<string> {
  const { excuseLine } = await import("#hydra-lite/api.ts");
  const lines = [`${status.channel}: ${status.release ?? "no release yet"}`, `  pointer: ${status.pointer}`];
  for (const excuse of status.excuses) lines.push(`  held by ${excuseLine(excuse)}`);
  for (const move of status.moves)
    lines.push(
      `  ${move.movedAt.toISOString().slice(0, 16).replace("T", " ")} UTC  ${move.fromRelease ?? "(nothing)"} -> ${move.toRelease}: ${move.reason}`,
    );
  return lines.join("\n");
}
