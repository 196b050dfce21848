/**
 * The report folder: for each test `<slug>/` with report.json, junit.xml, index.html, serial logs, screens and packets;
 * above them the same three files over all tests of the folder.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { junitXml } from "./junit-xml.ts";
import type { SerialEntry } from "./report-builder.ts";
import { overviewPage, testPage } from "./report-page.ts";
import type { TestReport } from "./report-types.ts";

/** Writes a test's report below `base`; returns the path of its page. */
export function writeTestReport(
  report: TestReport,
  serial: ReadonlyMap<string, readonly SerialEntry[]>,
  base: string,
): string {
  const folder = join(base, report.slug);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "report.json"), `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(join(folder, "junit.xml"), junitXml([report]));
  const page = join(folder, "index.html");
  writeFileSync(page, testPage(report, serial, readScreens(report, folder)));
  return page;
}

/** Writes the pages over the given tests (all that have a report below `base`, unless told); returns the reports. */
export function writeOverview(base: string, slugs?: readonly string[]): TestReport[] {
  mkdirSync(base, { recursive: true });
  const reports = readReports(base).filter(({ slug }) => slugs === undefined || slugs.includes(slug));
  writeFileSync(join(base, "junit.xml"), junitXml(reports));
  writeFileSync(join(base, "report.json"), `${JSON.stringify({ format: 1, tests: reports.map(summary) }, null, 1)}\n`);
  writeFileSync(join(base, "index.html"), overviewPage(reports));
  return reports;
}

function readReports(base: string): TestReport[] {
  return (
    readdirSync(base, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(base, entry.name, "report.json")))
      // Our own file of the same release; a report folder is made anew by each run.
      .map((entry) => JSON.parse(readFileSync(join(base, entry.name, "report.json"), "utf8")) as TestReport)
      .sort((left, right) => left.startedMs - right.startedMs)
  );
}

function summary(report: TestReport): object {
  const { name, slug, file, outcome, startedMs, durationMs, error, accelerator, phases } = report;
  const machines = report.machines.map(({ name: machine, boot }) => ({ name: machine, boot }));
  return { name, slug, file, outcome, startedMs, durationMs, error, accelerator, phases, machines };
}

function readScreens(report: TestReport, folder: string): Record<string, string> {
  const files = [...new Set(report.machines.flatMap(({ screenshots }) => screenshots))];
  const there = files.filter((file) => existsSync(join(folder, file)));
  return Object.fromEntries(
    there.map((file) => [file, `data:image/png;base64,${readFileSync(join(folder, file)).toString("base64")}`]),
  );
}
