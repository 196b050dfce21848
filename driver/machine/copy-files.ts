/**
 * Files in and out through the root shell, which works on every guest that has bash and base64. In: a folder is walked on
 * the host, files travel in pieces that fit one argument of a process. Out: a file as the output of a command, a folder as
 * a tar stream.
 */
import { lstat, mkdir, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { AppError } from "#store/std/app-error.ts";
import { runProgram } from "../host/run-program.ts";
import { quoteShell } from "./quote-shell.ts";

type Run = (command: string) => Promise<{ readonly status: number; readonly stderr: string }>;
type RunRaw = (
  command: string,
) => Promise<{ readonly status: number; readonly stdout: Buffer; readonly stderr: Buffer }>;

/** base64 makes 4 of 3, and an argument may have 128 KiB. */
const pieceBytes = 72 * 1024;

export async function pushFiles(source: string, target: string, run: Run): Promise<void> {
  const stat = await lstat(source).catch((cause: unknown) => {
    throw new AppError("DRIVER_COPY", `Copy '${source}' into the machine: it is not there`, { cause });
  });
  const path = quoteShell(target);
  if (stat.isSymbolicLink()) return check(await run(`ln -sfn ${quoteShell(await readlink(source))} ${path}`), target);
  if (stat.isDirectory()) {
    check(await run(`mkdir -p ${path}`), target);
    for (const name of await readdir(source)) await pushFiles(join(source, name), join(target, name), run);
    return;
  }
  const mode = (stat.mode & 0o7777).toString(8);
  check(await run(`mkdir -p "$(dirname ${path})"; rm -f ${path}; : >${path}; chmod ${mode} ${path}`), target);
  const content = await readFile(source);
  for (let offset = 0; offset < content.length; offset += pieceBytes) {
    const piece = content.subarray(offset, offset + pieceBytes).toString("base64");
    check(await run(`echo ${piece} | base64 -d >>${path}`), target);
  }
}

/** Resolves to the path on the host. */
export async function pullFiles(source: string, folder: string, run: RunRaw): Promise<string> {
  const path = quoteShell(source);
  const target = join(folder, basename(source));
  await mkdir(folder, { recursive: true });
  const kind = (await run(`test -d ${path}`)).status === 0 ? "folder" : "file";
  const command = kind === "file" ? `cat ${path}` : `tar -C "$(dirname ${path})" -cf - "$(basename ${path})"`;
  const result = await run(command);
  check({ status: result.status, stderr: result.stderr.toString("utf8") }, source);
  if (kind === "file") await writeFile(target, result.stdout);
  else await unpack(result.stdout, folder);
  return target;
}

async function unpack(archive: Buffer, folder: string): Promise<void> {
  const file = join(folder, `.copy-${process.pid}.tar`);
  await writeFile(file, archive);
  await runProgram("tar", ["-C", folder, "-xf", file]);
  await rm(file);
}

function check(result: { readonly status: number; readonly stderr: string }, path: string): void {
  if (result.status !== 0)
    throw new AppError("DRIVER_COPY", `Copy '${path}': ${result.stderr.trim() || "the machine refused"}`);
}
