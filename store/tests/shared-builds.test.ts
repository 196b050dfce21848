import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { buildPaths } from "../build/build-paths.ts";
import type { BuildEvent } from "../build/events.ts";
import { SharedBuilds } from "../build/shared-builds.ts";
import { openLocalStore } from "../local/local-store.ts";
import { BuildWorkshop } from "./build-workshop.ts";

const workshop = new BuildWorkshop();
after(() => workshop[Symbol.dispose]());
const { root } = workshop;

function start(shared: SharedBuilds, drvPath: string, signal?: AbortSignal) {
  const store = openLocalStore({ root });
  const events: BuildEvent[] = [];
  const run = buildPaths(store, [{ drvPath }], { shared, ...(signal === undefined ? {} : { signal }) });
  const ended = (async () => {
    for await (const event of run) events.push(event);
    return (await run.result).targets[0]?.outcome;
  })().finally(() => store.close());
  const untilLog = async (text: string): Promise<void> => {
    while (!events.some((event) => event.type === "log" && event.line.includes(text))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return { events, ended, untilLog };
}

const shared = () => new SharedBuilds({ maxJobs: 2, openStore: () => openLocalStore({ root }) });

/** Builds that leave one line in a log each time they run. */
const slow = (name: string): string =>
  workshop.add({ name, script: `echo begun; sleep 0.5; echo at work; sleep 1; echo done > $out` });

const begun = (events: readonly BuildEvent[]): number =>
  events.filter((event) => event.type === "log" && event.line === "begun").length;

test("SharedBuilds: what two ask for is built once, and both hear of it", async () => {
  const builds = shared();
  const drvPath = slow("twice");
  const first = start(builds, drvPath);
  await first.untilLog("begun");
  const second = start(builds, drvPath);
  assert.deepEqual(await Promise.all([first.ended, second.ended]), ["built", "built"]);
  assert.equal(begun(first.events) + begun(second.events), 1);
  assert.ok(second.events.some((event) => event.type === "started"));
  assert.ok(second.events.some((event) => event.type === "log" && event.line === "at work"));
  assert.equal(builds.runningCount, 0);
});

test("SharedBuilds: a build goes on for who is left", async () => {
  const builds = shared();
  const drvPath = slow("left");
  const leaving = new AbortController();
  const first = start(builds, drvPath, leaving.signal);
  await first.untilLog("begun");
  const second = start(builds, drvPath);
  await second.untilLog("at work");
  leaving.abort();
  assert.equal(await first.ended, "cancelled");
  assert.equal(await second.ended, "built");
  assert.equal(begun(second.events), 0);
});

test("SharedBuilds: a build that nobody waits for ends, and can be asked for again", async () => {
  const builds = shared();
  const drvPath = slow("abandoned");
  const leaving = new AbortController();
  const first = start(builds, drvPath, leaving.signal);
  await first.untilLog("begun");
  leaving.abort();
  assert.equal(await first.ended, "cancelled");
  assert.equal(builds.runningCount, 0);
  assert.equal(await start(builds, drvPath).ended, "built");
  const path = workshop.store.physicalPath(workshop.outputOf(drvPath));
  assert.equal(readFileSync(path, "utf8"), "done\n");
});
