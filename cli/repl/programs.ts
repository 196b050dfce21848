/** Programs that take the terminal for a while: the user's editor and shell. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { SourcePlace } from "#evaluator/api.ts";
import { AppError } from "#store/std/app-error.ts";

/** Opens `$VISUAL` or `$EDITOR` at a line, in the form that this editor takes. */
export async function editFile({ file, line }: SourcePlace): Promise<void> {
  const command = process.env["VISUAL"] || process.env["EDITOR"] || "vi";
  const [program = "vi", ...given] = command.split(/\s+/);
  const takesLine = /(?:^|\/)(?:vim?|nvim|emacs|emacsclient|nano|kak|micro|joe)$/.test(program);
  await run(program, [...given, ...(takesLine ? [`+${line}`] : []), file]);
}

/** A shell with the programs of these outputs, which finds them under /nix/store wherever the root lies. */
export async function runShell(root: string, outputs: readonly string[]): Promise<void> {
  const shell = process.env["SHELL"] || "/bin/sh";
  const path = [...outputs.map((output) => `${output}/bin`), process.env["PATH"] ?? ""].join(":");
  if (root === "/") return run(shell, [], { PATH: path });
  if (!existsSync("/nix")) {
    throw new AppError("REPL_NO_SHELL", "A shell needs the folder '/nix' on this host to show the store at", {
      hint: "make it once: 'sudo mkdir /nix'; ':b' builds without it",
    });
  }
  return run("bwrap", ["--dev-bind", "/", "/", "--bind", `${root}/nix`, "/nix", shell], { PATH: path });
}

function run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...env } });
    child.on("error", (error) =>
      reject(new AppError("REPL_NO_PROGRAM", `Cannot start '${program}': ${error.message}`, { cause: error })),
    );
    child.on("close", () => resolve());
  });
}
