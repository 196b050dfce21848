/** The gate over the real store and the real sandbox, judged both ways, and its channel used by real Nix. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { excuseLine } from "../api.ts";
import { openDatabase } from "../db/open-database.ts";
import type { JobEvaluator } from "../eval/job-evaluator.ts";
import { processJobEvaluator } from "../eval/process-job-evaluator.ts";
import { sourceArguments } from "../eval/source-arguments.ts";
import { readSourceRevision } from "../eval/source-revision.ts";
import type { GateEvent } from "../gate-event.ts";
import type { GateOptions } from "../gate-options.ts";
import { gateStatus } from "../gate-status.ts";
import type { JobResult } from "../model/job.ts";
import { runGate } from "../run-gate.ts";
import { NixJobEvaluator } from "./nix-job-evaluator.ts";
import { type TempFolder, tempFolder } from "./temp-folder.ts";

const projectDistro = fileURLToPath(new URL("../../distro", import.meta.url));
const gateProcess = fileURLToPath(new URL("./gate-process.ts", import.meta.url));
const fixture = fileURLToPath(new URL("./fixtures/release.nix", import.meta.url));

describe("gate, end to end", () => {
  let folder: TempFolder;
  let root: string;
  let source: string;
  let distro: string;
  before(() => {
    folder = tempFolder("gate-e2e");
    root = join(folder.path, "root");
    source = join(folder.path, "source");
    distro = join(folder.path, "distro");
    mkdirSync(source);
    // Whoever edits the distro while this runs must not change what is released.
    cpSync(projectDistro, distro, { recursive: true });
    copyFileSync(fixture, join(source, "release.nix"));
    git("init", "--quiet");
    commit("first", "2026-01-01T00:00:00Z");
  });
  after(() => {
    execFileSync("chmod", ["-R", "u+w", folder.path]);
    rmSync(folder.path, { recursive: true, force: true });
  });

  const git = (...args: string[]): string => execFileSync("git", ["-C", source, ...args], { encoding: "utf8" }).trim();
  const commit = (message: string, date: string): void => {
    git("add", "--all");
    execFileSync("git", ["-C", source, "commit", "--quiet", "--allow-empty", "-m", message], {
      env: {
        ...process.env,
        GIT_AUTHOR_NAME: "Test",
        GIT_AUTHOR_EMAIL: "test@example.org",
        GIT_COMMITTER_NAME: "Test",
        GIT_COMMITTER_EMAIL: "test@example.org",
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_DATE: date,
      },
    });
  };
  const gate = async (options: Partial<GateOptions> = {}): Promise<GateEvent[]> => {
    const events: GateEvent[] = [];
    const given = { root, releaseFile: join(source, "release.nix"), arguments: [distroArgument()], channel: "small" };
    for await (const event of runGate({ ...given, ...options })) {
      events.push(event);
    }
    return events;
  };
  const distroArgument = () => ({ name: "distro", kind: "expression", value: distro }) as const;
  const outcomeOf = (events: readonly GateEvent[]) => {
    const last = events.at(-1);
    assert.ok(last?.type === "finished");
    return [last.outcome, last.release];
  };
  const excusesIn = (events: readonly GateEvent[]) =>
    events.flatMap((event) => (event.type === "verdict" ? event.excuses : []));
  const releaseName = (stamp: string): string => `small-1pre${stamp}.${git("rev-parse", "--short=12", "HEAD")}`;

  test("Firn's evaluator finds the jobs that real Nix finds", async () => {
    const revision = await readSourceRevision(join(source, "release.nix"));
    const request = {
      releaseFile: join(source, "release.nix"),
      arguments: [...sourceArguments(revision, "small"), distroArgument()],
    };
    const jobsOf = async (evaluator: JobEvaluator): Promise<JobResult[]> => {
      const jobs: JobResult[] = [];
      for await (const job of evaluator.evaluate(request)) {
        jobs.push(job);
      }
      return jobs.sort((a, b) => (a.attr < b.attr ? -1 : 1));
    };
    const found = await jobsOf(processJobEvaluator({ root }));
    assert.deepEqual(
      found.map(({ attr }) => attr),
      ["beside", "channel", "tested", "tests.boot", "tests.report"],
    );
    assert.deepEqual(found, await jobsOf(new NixJobEvaluator(root)));
  });

  test("a green release moves the channel", async () => {
    const events = await gate();
    assert.deepEqual(excusesIn(events).map(excuseLine), []);
    assert.deepEqual(outcomeOf(events), ["moved", releaseName("20260101000000")]);
    const channel = join(root, "firn/channels/small");
    assert.equal(readFileSync(join(channel, "git-revision"), "utf8"), git("rev-parse", "HEAD"));
    execFileSync(
      "sha256sum",
      ["--check", "--quiet", ...["nixexprs.tar.xz", "store-paths.xz"].map((n) => `${n}.sha256`)],
      {
        cwd: realpathSync(channel),
      },
    );
    const paths = execFileSync("xz", ["-dc", join(channel, "store-paths.xz")], { encoding: "utf8" })
      .trim()
      .split("\n");
    for (const name of ["boot", "report", "tested"]) {
      assert.ok(
        paths.some((path) => path.endsWith(`-${name}`)),
        `no ${name} in store-paths.xz`,
      );
    }
    assert.equal(
      paths.some((path) => path.endsWith("-beside")),
      false,
    );
  });

  test("a gate that is killed while it builds loses nothing, and the next goes on", async () => {
    commit("new", "2026-01-02T00:00:00Z");
    const before = readlinkSync(join(root, "firn/channels/small"));
    const child = spawn(process.execPath, [gateProcess, root, join(source, "release.nix"), distro], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const closed = once(child, "close");
    for await (const line of createInterface({ input: child.stdout })) {
      const event: GateEvent = JSON.parse(line);
      if (event.type === "job-started") {
        child.kill("SIGKILL");
      }
    }
    assert.deepEqual(await closed, [null, "SIGKILL"]);
    assert.equal(readlinkSync(join(root, "firn/channels/small")), before);
    assert.deepEqual(outcomeOf(await gate()), ["moved", releaseName("20260102000000")]);
    await using database = await openDatabase({ root });
    const states = await database.query<{ state: string }>("select state from evaluation order by id");
    assert.deepEqual(
      states.map(({ state }) => state),
      ["finished", "aborted", "finished"],
    );
  });

  test("the same revision again leaves the channel where it is, and builds nothing", async () => {
    const events = await gate();
    assert.deepEqual(outcomeOf(events), ["already-there", releaseName("20260102000000")]);
    assert.equal(
      events.some((event) => event.type === "build" && event.event.type === "started"),
      false,
    );
  });

  for (const { breakTest, line, lastLine } of [
    { breakTest: "boot", line: /^tests\.boot failed: /, lastLine: "kernel panic" },
    {
      breakTest: "library",
      line: /^tests\.boot was not built, step 'library' failed: /,
      lastLine: "library.c:3: expected a semicolon",
    },
    {
      breakTest: "report",
      line: /^tests\.report failed: 'report' was built, and says by 'nix-support\/failed'/,
      lastLine: undefined,
    },
  ]) {
    test(`a broken ${breakTest} holds the channel and names the step`, async () => {
      commit(`break ${breakTest}`, "2026-02-01T00:00:00Z");
      const events = await gate({ breakTest, build: { keepGoing: true } });
      const excuses = excusesIn(events);
      assert.match(excuses.map(excuseLine).join("\n"), line);
      assert.equal(excuses.length, 1);
      assert.equal(excuses[0]?.lastLines.at(-1), lastLine);
      assert.match(excuses[0]?.reproduce ?? "", new RegExp(` --argstr breakTest ${breakTest}$`));
      const [outcome, release] = outcomeOf(events);
      assert.equal(outcome, "held");
      assert.match(release ?? "", /^small-1pre20260102000000\./);
      const [status] = await gateStatus({ root });
      assert.deepEqual([status?.verdict?.pass, status?.excuses], [false, excuses]);
    });
  }

  test("a failure outside of the gate's needs does not hold the channel", async () => {
    commit("break beside", "2026-03-01T00:00:00Z");
    const events = await gate({ breakTest: "beside", build: { keepGoing: true } });
    assert.deepEqual(outcomeOf(events), ["moved", releaseName("20260301000000")]);
    const beside = events.find((event) => event.type === "job-finished" && event.job === "beside");
    assert.equal(beside?.type === "job-finished" && beside.status, "failed");
  });

  test("a changed tree has a name of its own, and does not take the place of its commit", async () => {
    execFileSync("touch", [join(source, "changed")]);
    const [outcome, release] = outcomeOf(await gate());
    rmSync(join(source, "changed"));
    assert.equal(outcome, "moved");
    assert.match(release ?? "", /^small-1pre20260301000000\.[0-9a-f]{12}-dirty-[0-9a-f]{12}$/);
    assert.match(readFileSync(join(root, "firn/channels/small/git-revision"), "utf8"), /^[0-9a-f]{40}-dirty-/);
  });

  test("real Nix substitutes the release's paths from its binary cache", () => {
    const channel = join(root, "firn/channels/small");
    const cache = readFileSync(join(channel, "binary-cache-url"), "utf8");
    const paths = execFileSync("xz", ["-dc", join(channel, "store-paths.xz")], { encoding: "utf8" })
      .trim()
      .split("\n");
    const other = join(folder.path, "other-root");
    const flags = ["--store", other, "--option", "substituters", cache, "--option", "require-sigs", "false"];
    const environment = { ...process.env, XDG_CACHE_HOME: join(folder.path, "cache"), NIX_CONF_DIR: folder.path };
    execFileSync("nix-store", [...flags, "--realise", ...paths], {
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const boot = paths.find((path) => path.endsWith("-boot"));
    assert.equal(readFileSync(join(other, `${boot}/report`), "utf8"), "library\n");
  });

  test("real nix-channel follows the channel", () => {
    const home = join(folder.path, "nix-home");
    mkdirSync(home);
    writeFileSync(join(home, "nix.conf"), "build-users-group =\nsandbox = false\nsubstituters =\n");
    const environment = {
      PATH: process.env["PATH"],
      HOME: home,
      USER: "tester",
      NIX_CONF_DIR: home,
      NIX_STORE_DIR: join(home, "store"),
      NIX_STATE_DIR: join(home, "var"),
      NIX_LOG_DIR: join(home, "log"),
    };
    const run = (program: string, ...args: string[]): string =>
      execFileSync(program, args, { encoding: "utf8", env: environment, stdio: ["ignore", "pipe", "pipe"] });
    run("nix-channel", "--add", pathToFileURL(join(root, "firn/channels/small")).href, "nixpkgs");
    run("nix-channel", "--update");
    const nixpkgs = join(home, ".nix-defexpr/channels/nixpkgs");
    assert.equal(
      readFileSync(join(nixpkgs, ".git-revision"), "utf8"),
      readFileSync(join(root, "firn/channels/small/git-revision"), "utf8"),
    );
    const version = run(
      "nix-instantiate",
      "-I",
      `nixpkgs=${nixpkgs}`,
      "--eval",
      "-E",
      "(import <nixpkgs/lib>).version",
    );
    assert.match(version, /^"\d\d\.\d\dpre20260301000000\./);
    // The store of these programs is read-only, as every store.
    execFileSync("chmod", ["-R", "u+w", home]);
  });

  test("the published tarball is a nixpkgs to real Nix", () => {
    const unpacked = join(folder.path, "unpacked");
    mkdirSync(unpacked);
    const channel = realpathSync(join(root, "firn/channels/small"));
    execFileSync("tar", ["-C", unpacked, "-xf", join(channel, "nixexprs.tar.xz")]);
    const nixpkgs = join(unpacked, channel.slice(channel.lastIndexOf("/") + 1));
    const environment = { ...process.env, XDG_CACHE_HOME: join(folder.path, "cache") };
    const evaluate = (expression: string): string =>
      execFileSync(
        "nix-instantiate",
        ["--store", root, "-I", `nixpkgs=${nixpkgs}`, "--eval", "--json", "-E", expression],
        {
          encoding: "utf8",
          env: environment,
        },
      ).trim();
    assert.equal(evaluate("(import <nixpkgs> { }).bash.name"), '"bash-5.2.15"');
    assert.match(evaluate("(import <nixpkgs/lib>).version"), /^"\d\d\.\d\dpre20260301000000\./);
    assert.ok(existsSync(join(nixpkgs, ".git-revision")));
  });
});
