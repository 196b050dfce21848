import { spawn } from "node:child_process";
import { buffer, text } from "node:stream/consumers";
import { AppError } from "#store/std/app-error.ts";

/** Compresses with the host's xz: one thread, so that the same text gives the same bytes anywhere. */
export async function compressXz(contents: string): Promise<Buffer> {
  const xz = spawn("xz", ["--compress", "--stdout", "--threads=1", "-6"], { stdio: ["pipe", "pipe", "pipe"] });
  const exited = new Promise<number | null>((resolve, reject) => {
    xz.once("error", reject);
    xz.once("close", resolve);
  });
  // A program that ends early closes its input; its exit code tells.
  xz.stdin.on("error", () => {});
  xz.stdin.end(contents);
  try {
    const [compressed, complaint, code] = await Promise.all([buffer(xz.stdout), text(xz.stderr), exited]);
    if (code !== 0) {
      throw new AppError("HYDRA_XZ_FAILED", `Cannot compress the list of store paths: ${complaint.trim()}`);
    }
    return compressed;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") {
      throw new AppError("HYDRA_NO_XZ", "Cannot find the program 'xz'", {
        hint: "apt install xz-utils",
        cause,
        exitCode: 3,
      });
    }
    throw cause;
  }
}
