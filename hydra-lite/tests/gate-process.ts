/**
 * A gate in a process of its own, for tests that kill it. Arguments: root, release file, distro. Prints each event as a
 * line of JSON, without the build's log.
 */
import { runGate } from "../run-gate.ts";

const [root = "", releaseFile = "", distro = ""] = process.argv.slice(2);
const given = [{ name: "distro", kind: "expression", value: distro }] as const;
for await (const event of runGate({ root, releaseFile, arguments: given, channel: "small" })) {
  if (event.type !== "build" || event.event.type !== "log") {
    process.stdout.write(`${JSON.stringify(event)}\n`);
  }
}
