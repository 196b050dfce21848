/**
 * What a person sees for common mistakes, held against a golden text (`mistakes.golden.txt`). `UPDATE_GOLDEN=1` writes it
 * anew: read the difference as someone who made the mistake would.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openSession, type Session } from "#evaluator/api.ts";
import { describeError } from "../output/show-error.ts";
import { distroFolder } from "../project.ts";
import { Workshop } from "./firn-process.ts";
import { type Mistake, mistakes } from "./mistakes.ts";

const goldenFile = join(import.meta.dirname, "mistakes.golden.txt");

test("mistakes: each is told as it was", async () => {
  using workshop = new Workshop();
  using session = await openSession({
    root: workshop.root,
    output: { type: "value", format: "nix", strict: true },
    environment: { HOME: workshop.folder },
  });
  const told: string[] = [];
  for (const [index, mistake] of mistakes.entries()) {
    told.push(`=== ${mistake.name}\n${await tell(session, workshop, mistake, `${index}`)}\n`);
  }
  const text = told.join("\n");
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(goldenFile, text);
  assert.equal(text, readFileSync(goldenFile, "utf8"));
  assert.doesNotMatch(text, /internal error|^ {4}at .*\.ts:\d+/m);
});

async function tell(session: Session, workshop: Workshop, mistake: Mistake, folder: string): Promise<string> {
  const files = { ...mistake.files, "mistake.nix": mistake.text };
  for (const [name, text] of Object.entries(files)) workshop.write(`${folder}/${name}`, text);
  const path = join(workshop.folder, folder, "mistake.nix");
  try {
    const { attributePath = "" } = mistake;
    const answer = await session.answer({ source: { type: "file", path }, attributePath });
    return `no mistake: ${JSON.stringify(answer)}`;
  } catch (error) {
    return (
      describeError(error)
        .replaceAll(`${join(workshop.folder, folder)}/`, "")
        .replaceAll(new RegExp(`${distroFolder}/(\\S+\\.nix):\\d+:\\d+`, "g"), "distro/$1")
        .replaceAll(distroFolder, "distro")
        // How many steps a module system takes is no part of what is told.
        .replace(/^ {2}\(\d+ more/gm, "  (some more")
        .replace(/[ ]+$/gm, "")
    );
  }
}
