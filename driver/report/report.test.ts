import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { AppError } from "#store/std/app-error.ts";
import { Journal } from "./journal.ts";
import { junitXml } from "./junit-xml.ts";
import { ReportBuilder } from "./report-builder.ts";
import { writeOverview, writeTestReport } from "./write-report.ts";

async function sampleReport(failure?: unknown): Promise<{ journal: Journal; builder: ReportBuilder }> {
  const journal = new Journal();
  const builder = new ReportBuilder({ name: "a <test>", slug: "a-test", file: "/x/a.test.ts" }, journal);
  journal.phase("build", 1_500);
  journal.state("server", "starting");
  journal.serial("server", "</script><b>hello</b>");
  await journal.action({ kind: "step", title: "outer" }, () =>
    journal.action(
      { kind: "command", title: "ls", machine: "server" },
      () => 0,
      () => ({ status: 0, output: "file\n", stderr: "" }),
    ),
  );
  if (failure !== undefined)
    await journal.action({ kind: "step", title: "bad" }, () => Promise.reject(failure)).catch(() => {});
  builder.machines = [
    {
      name: "server",
      system: "x86_64-linux",
      memoryMib: 512,
      cores: 2,
      boot: { shellMs: 2_800, multiUserMs: null },
      serialLog: "serial-server.log",
      trouble: null,
    },
  ];
  return { journal, builder };
}

test("ReportBuilder: actions know their parents, machines their states", async () => {
  const { builder } = await sampleReport();
  const report = builder.finish(undefined);
  assert.equal(report.outcome, "passed");
  assert.deepEqual(
    report.actions.map(({ kind, title, parent }) => [kind, title, parent]),
    [
      ["phase", "build", null],
      ["step", "outer", null],
      ["command", "ls", 2],
    ],
  );
  assert.deepEqual(
    report.phases.map(({ name, durationMs }) => [name, durationMs]),
    [["build", 1_500]],
  );
  assert.deepEqual(
    report.machines[0]?.states.map(({ state }) => state),
    ["starting"],
  );
  assert.equal(report.actions[2]?.output, "file\n");
});

test("Journal: parallel steps do not mix", async () => {
  const journal = new Journal();
  const step = (title: string): Promise<void> =>
    journal.action({ kind: "step", title }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await journal.action({ kind: "command", title: `in ${title}` }, () => {});
    });
  await Promise.all([step("one"), step("two")]);
  const starts = journal.entries.filter((entry) => entry.type === "start");
  const idOf = new Map(starts.map(({ title, id }) => [title, id]));
  for (const { title, parent } of starts.filter(({ kind }) => kind === "command")) {
    assert.equal(parent, idOf.get(title.slice("in ".length)));
  }
});

test("junitXml: names and errors are escaped, control characters replaced", async () => {
  const failure = new AppError("DRIVER_X", 'bad "<name>" & \u0007', { details: "tail", hint: "try" });
  const { builder } = await sampleReport(failure);
  const xml = junitXml([builder.finish(failure)]);
  assert.match(xml, /<testcase name="a &lt;test&gt;" classname="a-test"/);
  assert.match(xml, /<failure type="DRIVER_X" message="bad &quot;&lt;name&gt;&quot; &amp; \ufffd">/);
  assert.match(xml, /tests="1" failures="1"/);
  assert.equal(xml.includes("\u0007"), false);
});

test("writeTestReport: one page that holds all, and an overview over the folder", async () => {
  const base = mkdtempSync(join(tmpdir(), "firn-test-"));
  try {
    const { builder } = await sampleReport();
    const page = writeTestReport(builder.finish(undefined), builder.serialLines, base);
    const html = readFileSync(page, "utf8");
    assert.doesNotMatch(html, /<\/script><b>hello/);
    assert.doesNotMatch(html, /(src|href)="(https?:|\/)/);
    assert.equal(JSON.parse(readFileSync(join(base, "a-test", "report.json"), "utf8")).slug, "a-test");
    const reports = writeOverview(base);
    assert.deepEqual(
      reports.map(({ slug }) => slug),
      ["a-test"],
    );
    assert.match(readFileSync(join(base, "index.html"), "utf8"), /"slug":"a-test"/);
    assert.match(readFileSync(join(base, "junit.xml"), "utf8"), /testsuites tests="1"/);
    assert.deepEqual(writeOverview(base, ["another"]), []);
  } finally {
    rmSync(base, { recursive: true });
  }
});
