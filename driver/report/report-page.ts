/**
 * The HTML page of a test and the page over many: one file each, data and pictures inside, opened without a server. The
 * page's program and style are files of their own (page/), checked like all other code.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SerialEntry } from "./report-builder.ts";
import type { TestReport } from "./report-types.ts";

export function testPage(
  report: TestReport,
  serial: ReadonlyMap<string, readonly SerialEntry[]>,
  screens: Readonly<Record<string, string>>,
): string {
  const data = { report, serial: Object.fromEntries(serial), screens };
  return page(`${report.outcome === "passed" ? "✓" : "✗"} ${report.name}`, "test", data);
}

export function overviewPage(reports: readonly TestReport[]): string {
  return page(`${reports.length} VM tests`, "overview", {
    reports: reports.map((report) => ({ ...report, actions: [], notes: [] })),
  });
}

function page(title: string, kind: string, data: object): string {
  const style = readFileSync(join(import.meta.dirname, "page", "style.css"), "utf8");
  const program = readFileSync(join(import.meta.dirname, "page", "page.mjs"), "utf8");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
${style}</style>
</head>
<body data-kind="${kind}">
<main id="page"></main>
<script type="application/json" id="data">${JSON.stringify(data).replaceAll("<", "\\u003c")}</script>
<script type="module">
${program}</script>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
