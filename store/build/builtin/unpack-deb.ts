/**
 * `builtin:unpack-deb`: the tree of a Debian package's data archive as it is. For the few packages that the first
 * ordinary builder is made of; `deb` names the package file, a store path among the inputs.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { AppError } from "../../std/app-error.ts";
import { type ArMember, listArMembers } from "./ar-archive.ts";
import type { BuiltinTask } from "./builtin-builder.ts";
import { pipeDecompressed } from "./decompress.ts";

const DATA_MEMBER = /^data\.tar(\.\w+)?$/;

export async function buildUnpackDeb(task: BuiltinTask): Promise<void> {
  const deb = task.derivation.env.get("deb");
  if (deb === undefined || !task.inputs.has(deb)) {
    throw new AppError("STORE_BAD_DERIVATION", "builtin:unpack-deb needs 'deb', the store path of a package file");
  }
  const debPath = task.store.physicalPath(deb);
  mkdirSync(task.outputPath);
  await unpackData(debPath, dataMember(debPath), task);
}

function dataMember(debPath: string): ArMember {
  const member = listArMembers(debPath).find(({ name }) => DATA_MEMBER.test(name));
  if (member === undefined) throw new AppError("STORE_BAD_ARCHIVE", `File '${debPath}' is not a Debian package`);
  return member;
}

/** Zero blocks are skipped rather than taken as the end: tar then reads all, and breaks no pipe. */
async function unpackData(debPath: string, member: ArMember, { outputPath, signal }: BuiltinTask): Promise<void> {
  const options = ["--no-same-owner", "--no-same-permissions", "--delay-directory-restore", "--ignore-zeros"];
  const tar = spawn("tar", ["-x", "-f", "-", "-C", outputPath, ...options], { stdio: ["pipe", "ignore", "pipe"] });
  const messages: string[] = [];
  tar.stderr.on("data", (chunk) => messages.push(String(chunk)));
  const exit = once(tar, "close");
  exit.catch(() => {});
  const part = { path: debPath, start: member.start, sizeBytes: member.sizeBytes };
  await pipeDecompressed(part, tar.stdin, signal).catch((error: unknown) => {
    tar.kill("SIGKILL");
    throw error;
  });
  const [code] = await exit;
  if (code !== 0) throw new AppError("STORE_BAD_ARCHIVE", "Cannot unpack the package", { details: messages.join("") });
}
