/** Store paths that running processes have open, mapped, or in their environment: `/proc`, as far as we may read it. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { BASE32_ALPHABET } from "../formats/base32.ts";

/** Where -> store path. Processes that end meanwhile, and those of other users, are passed over. */
export function findRuntimeRoots(storeDir: string): Map<string, string> {
  const roots = new Map<string, string>();
  const pattern = new RegExp(`${storeDir}/[${BASE32_ALPHABET}]{32}-[0-9a-zA-Z+\\-._?=]+`, "g");
  for (const pid of readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name))) {
    for (const where of processTexts(pid)) {
      const text = readOrEmpty(where);
      if (!text.includes(storeDir)) continue;
      for (const [path] of text.matchAll(pattern)) roots.set(`${where}:${path}`, path);
    }
  }
  return roots;
}

function processTexts(pid: string): string[] {
  return ["maps", "environ", "exe", "cwd", "fd"].map((name) => `/proc/${pid}/${name}`);
}

function readOrEmpty(path: string): string {
  try {
    if (path.endsWith("/maps") || path.endsWith("/environ")) return readFileSync(path, "latin1");
    if (!path.endsWith("/fd")) return readlinkSync(path, "latin1");
    return readdirSync(path)
      .map((fd) => readOrEmpty(`${path}/${fd}`))
      .join("\n");
  } catch {
    // Gone, not ours, or a kernel thread: all the same here, nothing to protect that we could see.
    return "";
  }
}
