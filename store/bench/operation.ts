/** One operation of the store as a process of its own, so that it can be timed against real Nix's command. */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { createNarRestorer } from "../formats/nar-restorer.ts";
import { writeNar } from "../formats/nar-writer.ts";
import { openLocalStore } from "../local/local-store.ts";

const [operation = "", root = "", argument = ""] = process.argv.slice(2);

function writeOut(chunk: Uint8Array): void {
  for (let offset = 0; offset < chunk.length; ) offset += writeSync(1, chunk, offset);
}

function printLines(lines: readonly string[]): void {
  writeOut(Buffer.from(lines.map((line) => `${line}\n`).join(""), "latin1"));
}

function restore(target: string, narFile: string): void {
  const restorer = createNarRestorer(target);
  const fd = openSync(narFile, "r");
  const buffer = Buffer.allocUnsafe(256 * 1024);
  for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer)) {
    restorer.write(buffer.subarray(0, count));
  }
  restorer.end();
  closeSync(fd);
}

if (operation === "dump") writeNar(argument, writeOut);
else if (operation === "restore") restore(root, argument);
else {
  const store = openLocalStore({ root });
  if (operation === "add") printLines([store.addPath("source", argument)]);
  else if (operation === "requisites") printLines(store.computeClosure([argument]));
  else if (operation === "referrers") printLines(store.queryReferrers(argument));
  else if (operation === "print-dead") printLines(store.collectGarbage({ dryRun: true }).deletedPaths);
  else if (operation === "gc") printLines([`${store.collectGarbage().deletedPaths.length}`]);
  else throw new Error(`No operation '${operation}'`);
  store.close();
}
