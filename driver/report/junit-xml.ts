/** JUnit's XML, as CI systems read it: one test suite a test file, one case a VM test. */
import type { TestReport } from "./report-types.ts";

export function junitXml(reports: readonly TestReport[]): string {
  const suites = Map.groupBy(reports, ({ file }) => file);
  const body = [...suites].map(([file, cases]) => suite(file, cases)).join("");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${counts(reports)}>\n${body}</testsuites>\n`;
}

function suite(file: string, reports: readonly TestReport[]): string {
  return `  <testsuite name="${escapeXml(file || "vm-tests")}"${counts(reports)}>\n${reports.map(testCase).join("")}  </testsuite>\n`;
}

function counts(reports: readonly TestReport[]): string {
  const failures = reports.filter(({ outcome }) => outcome === "failed").length;
  const ms = reports.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return ` tests="${reports.length}" failures="${failures}" errors="0" skipped="0" time="${(ms / 1000).toFixed(3)}"`;
}

function testCase(report: TestReport): string {
  const head = `    <testcase name="${escapeXml(report.name)}" classname="${escapeXml(report.slug)}" time="${(report.durationMs / 1000).toFixed(3)}"`;
  const { error } = report;
  if (error === null) return `${head}/>\n`;
  const text = [error.message, error.details, error.hint].filter((part) => part !== null).join("\n");
  const type = escapeXml(error.code ?? "Error");
  const first = escapeXml(error.message.split("\n")[0] ?? "");
  return `${head}>\n      <failure type="${type}" message="${first}">${escapeXml(text)}</failure>\n    </testcase>\n`;
}

/** XML 1.0 has no place for most control characters, not even escaped. */
function escapeXml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
  );
}
