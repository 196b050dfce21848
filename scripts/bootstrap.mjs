// Sets a machine up and then runs a task of the project: `node scripts/bootstrap.mjs <task> [arguments]`.
// Plain JavaScript without dependencies, because it runs before there are any, under any Node >= 20. Each step looks first
// whether there is anything to do, so that a second run goes straight to the task.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { findNode, projectFolder, runAndEndAs, toolchainFolder } from "./toolchain.mjs";

/** What each task needs of Debian besides `main`; a task that is not named here needs `main` only. */
const extraPackages = { test: ["test"], bench: ["bench"], "bench-eval": ["bench"], "check-nixpkgs": ["bench"] };

/** Tasks that live with the part they are about; the others are in this folder. */
const scriptsElsewhere = {
  "bench-eval": "evaluator/bench/bench-nixpkgs.ts",
  "check-nixpkgs": "evaluator/bench/check-nixpkgs.ts",
};

main(process.argv[2], process.argv.slice(3));

function main(task, args) {
  const script = join(projectFolder, scriptsElsewhere[task] ?? `scripts/${task}.ts`);
  if (task !== "setup" && !existsSync(script))
    fail(2, `There is no task '${task}'`, "see CONTRIBUTING.md for the commands");
  installDebianPackages(missingPackages(["main", ...(extraPackages[task] ?? [])]));
  installNode();
  installNpmPackages();
  if (task === "setup") return say("everything is set up");
  runAndEndAs(findNode(), [script, ...args], { env: environmentWithNode() });
}

/** Debian packages whose command is nowhere on the path. */
function missingPackages(groups) {
  const known = JSON.parse(readFileSync(join(projectFolder, "scripts", "host-packages.json"), "utf8"));
  return groups
    .flatMap((group) => known[group] ?? [])
    .filter(({ command }) => !isOnPath(command))
    .map((entry) => entry.package);
}

function isOnPath(command) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function installDebianPackages(packages) {
  if (packages.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  if (!isOnPath("apt-get"))
    fail(
      1,
      `Debian packages are missing: ${packages.join(" ")}`,
      "install what your system calls these, then try again",
    );
  const asRoot = process.getuid() === 0 ? [] : ["sudo", "-n"];
  if (asRoot.length > 0 && spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status !== 0) {
    fail(1, "Debian packages are missing and this is not root", `run: sudo apt-get update && sudo ${command}`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  step(`Debian packages: ${packages.join(" ")}`, () => {
    run([...asRoot, "apt-get", "update", "-qq"], { env });
    run([...asRoot, ...command.split(" "), "-qq"], { env });
  });
}

function installNode() {
  if (findNode() !== null) return;
  step("Node 24 into .toolchain/", () => {
    mkdirSync(toolchainFolder, { recursive: true });
    for (const file of ["package.json", "package-lock.json"]) {
      copyFileSync(join(projectFolder, "scripts", "toolchain", file), join(toolchainFolder, file));
    }
    run(["npm", "ci", "--no-fund", "--no-audit", "--loglevel=error"], { cwd: toolchainFolder });
  });
  if (findNode() === null)
    fail(3, `There is no Node 24 package for ${process.arch}`, "install Node >= 24.12 and try again");
}

function installNpmPackages() {
  const lock = readFileSync(join(projectFolder, "package-lock.json"));
  const wanted = createHash("sha256").update(lock).digest("hex");
  const stamp = join(projectFolder, "node_modules", ".firn-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  // Not `npm ci`: it refuses a lock whose registry lacks the packages for other systems. This obeys the lock as well.
  step("npm packages", () =>
    run(["npm", "install", "--no-save", "--no-fund", "--no-audit", "--loglevel=error"], {
      cwd: projectFolder,
      env: environmentWithNode(),
    }),
  );
  writeFileSync(stamp, wanted);
}

/** The task and all that it starts find our Node first. */
function environmentWithNode() {
  const node = findNode();
  return { ...process.env, PATH: [join(node, ".."), process.env.PATH].join(delimiter) };
}

function step(title, work) {
  const start = Date.now();
  say(`${title} ...`);
  work();
  say(`${title}: done in ${((Date.now() - start) / 1000).toFixed(1)} s`);
}

/** Output is shown only when the command fails. */
function run(command, options = {}) {
  const result = spawnSync(command[0], command.slice(1), {
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 1 << 28,
    ...options,
  });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}`);
  fail(1, `'${command.join(" ")}' failed${result.signal ? ` (${result.signal})` : ""}`, "the lines above say why");
}

function say(line) {
  process.stderr.write(`set-up: ${line}\n`);
}

function fail(exitCode, message, hint) {
  process.stderr.write(`error: ${message}\nhint: ${hint}\n`);
  process.exit(exitCode);
}
