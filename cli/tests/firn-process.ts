/** Runs our commands as a user does: as processes, in a folder and a root of their own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { projectFolder } from "../project.ts";

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  readonly result: Promise<CommandResult>;
}

/** A folder to work in, and a Firn root; both go at the end. */
export class Workshop implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "firn-cli-"));
  readonly root: string = join(this.folder, "root");

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** A folder for PATH with just these programs of the host. */
  pathOf(...programs: readonly string[]): string {
    const folder = join(this.folder, "bin");
    mkdirSync(folder, { recursive: true });
    for (const program of programs)
      symlinkSync(execFileSync("which", [program], { encoding: "utf8" }).trim(), join(folder, program));
    return folder;
  }

  /** @param program `firn`, or `compat/nix-build` and the like */
  start(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    stdin: "ignore" | "pipe" = "ignore",
  ): RunningCommand {
    const command = join(projectFolder, "bin", program);
    const child = spawn(process.execPath, [command, ...args], {
      cwd: this.folder,
      // A command is not part of the test run that starts it.
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, NO_COLOR: "1", FIRN_ROOT: this.root, ...env },
      stdio: [stdin, "pipe", "pipe"],
    });
    return { child, result: collect(child) };
  }

  run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
    return this.start(program, args, env).result;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function collect(child: ChildProcess): Promise<CommandResult> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}
