/** A text that changes whenever the program does that gives the answers: its files' names, sizes and times. */
import { hash } from "node:crypto";
import { lstatSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The evaluator, and what of the store its answers come from. */
const folders = ["evaluator/", "store/formats/", "store/std/", "store/local/"].map((folder) =>
  fileURLToPath(new URL(`../../../${folder}`, import.meta.url)),
);
const others = new Set(["tests", "bench", "fuzz", "lang-tests"]);

export function programVersion(): string {
  const parts: string[] = [process.version];
  for (const folder of folders) visit(folder, parts);
  return hash("sha256", parts.join("\n"));
}

function visit(folder: string, parts: string[]): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      if (!others.has(entry.name)) visit(`${folder}${entry.name}/`, parts);
    } else if (!entry.name.endsWith(".test.ts")) {
      const { size, mtimeMs, ino } = lstatSync(folder + entry.name);
      parts.push(`${entry.name} ${size} ${mtimeMs} ${ino}`);
    }
  }
}
