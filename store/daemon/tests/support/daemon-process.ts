/** A daemon as a process of its own, and real Nix as its client. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("../../../../", import.meta.url));

export interface DaemonProcess extends AsyncDisposable {
  readonly root: string;
  readonly socketPath: string;
  /** For clients on this machine. */
  readonly url: string;
  readonly child: ChildProcess;
  /** Waits until it has said this. */
  says(pattern: RegExp): Promise<void>;
}

export interface DaemonProcessOptions {
  readonly root: string;
  readonly args?: readonly string[];
  /** Text of its nix.conf. */
  readonly settings?: string;
  readonly socketPath?: string;
}

export async function startDaemon(options: DaemonProcessOptions): Promise<DaemonProcess> {
  const { root } = options;
  const socketPath = options.socketPath ?? join(root, "socket");
  writeFileSync(join(root, "nix.conf"), options.settings ?? "");
  const child = spawn(
    process.execPath,
    [join(PROJECT, "bin/firn"), "daemon", "--store", root, "--socket", socketPath, ...(options.args ?? [])],
    { env: { ...process.env, NIX_CONF_DIR: root, NIX_CONFIG: "" }, stdio: ["ignore", "ignore", "pipe"] },
  );
  let text = "";
  child.stderr?.on("data", (chunk) => {
    text += String(chunk);
  });
  while (!text.includes("listening on") || !existsSync(socketPath)) {
    if (child.exitCode !== null) throw new Error(`daemon did not start: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    root,
    socketPath,
    url: `unix://${socketPath}?root=${root}`,
    child,
    async says(pattern) {
      for (const end = Date.now() + 10_000; !pattern.test(text); ) {
        if (Date.now() > end) throw new Error(`daemon did not say ${pattern}, but: ${text}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

export interface ClientResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of real Nix; `nix` has its new commands. */
export function client(url: string, command: string, ...args: string[]): ClientResult {
  return clientWith({ url }, command, ...args);
}

export function clientWith(
  options: { readonly url: string; readonly input?: string | Buffer; readonly uid?: number; readonly config?: string },
  command: string,
  ...args: string[]
): ClientResult {
  const config = `experimental-features = nix-command\nsubstituters =\n${options.config ?? ""}`;
  const env = { PATH: process.env["PATH"], HOME: "/nonexistent", NIX_CONF_DIR: "/nonexistent", NIX_CONFIG: config };
  const result = spawnSync(command, ["--store", options.url, ...args], {
    env,
    encoding: "latin1",
    maxBuffer: 2 ** 28,
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

/** Its output, when it ends well. */
export function ask(url: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = client(url, command, ...args);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}: ${stderr}`);
  return stdout.trimEnd();
}

/** Whether the host's kernel lets a process have a mount namespace of its own. */
export function canMount(): boolean {
  try {
    execFileSync("unshare", ["-rm", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
