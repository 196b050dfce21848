import { compactTime } from "../channels/release-order.ts";
import type { NixArgument } from "./job-evaluator.ts";
import type { SourceRevision } from "./source-revision.ts";

/** What every release file is offered: its own source with the revision, and the channel it is evaluated for. */
export function sourceArguments(source: SourceRevision, channel: string): NixArgument[] {
  const fields = [
    `outPath = /. + ${nixString(source.folder)};`,
    `revision = ${nixString(source.revision)};`,
    `shortRev = ${nixString(source.shortRevision)};`,
    `lastModifiedDate = ${nixString(compactTime(source.commitTime))};`,
  ];
  return [
    { name: "firnSrc", kind: "expression", value: `{ ${fields.join(" ")} }` },
    { name: "channelName", kind: "string", value: channel },
  ];
}

function nixString(text: string): string {
  return `"${text.replace(/["\\]|\$\{/g, "\\$&")}"`;
}
