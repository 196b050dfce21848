/**
 * Where this host's apt gets Debian from, whatever form its sources have (one-line, deb822, a list of mirrors). The lists
 * that apt has downloaded tell which sources are Debian's; before the first `apt-get update`, as in a fresh container,
 * there are none, and the names of the suites must do. A wrong guess costs a request: files are checked by their hash.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { AppError } from "../../std/app-error.ts";

const INDEX_TARGETS = ["indextargets", "--format", "$(SITE)\t$(ORIGIN)", "Created-By: Packages"];
const UPDATE_URIS = ["update", "--print-uris"];
const DEBIAN_SUITE = /^(buster|bullseye|bookworm|trixie|forky|sid|oldoldstable|oldstable|stable|testing|unstable)(-|$)/;
const MIRROR_LIST = "mirror+file:";

/** Base URLs of Debian's archives, without a slash at the end. @throws AppError `STORE_FETCH_FAILED` */
export async function debianArchivesOfApt(): Promise<readonly string[]> {
  let bases = parseIndexTargets(await runApt(INDEX_TARGETS));
  if (bases.length === 0) bases = parseUpdateUris(await runApt(UPDATE_URIS));
  const archives = [...new Set(bases.flatMap(expandMirrorList))];
  if (archives.length > 0) return archives;
  throw new AppError("STORE_FETCH_FAILED", "This host's apt has no Debian archive among its sources", {
    hint: "Set FIRN_MIRROR_DEBIAN to the base URL of a Debian mirror",
  });
}

async function runApt(args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)("apt-get", [...args])).stdout;
  } catch (cause) {
    throw new AppError("STORE_FETCH_FAILED", "Cannot ask apt where it gets Debian packages from", {
      hint: "On a host without apt, set FIRN_MIRROR_DEBIAN to the base URL of a Debian mirror",
      cause,
    });
  }
}

export function parseIndexTargets(text: string): string[] {
  const rows = text.split("\n").map((line) => line.split("\t"));
  return rows.flatMap(([site = "", origin]) => (origin === "Debian" ? [trimSlashes(site)] : []));
}

/** Lines `'<base>/dists/<suite>/InRelease' <file> <size>`, among others. */
export function parseUpdateUris(text: string): string[] {
  const found = [...text.matchAll(/^'(\S+?)\/dists\/([^/\s]+)\/InRelease'/gm)];
  return found.flatMap(([, base = "", suite = ""]) => (DEBIAN_SUITE.test(suite) ? [trimSlashes(base)] : []));
}

/** apt reads such a list only for its own index files, so it has to be read here; lines are a URL and remarks. */
function expandMirrorList(base: string): string[] {
  if (!base.startsWith(MIRROR_LIST)) return [base];
  const path = base.slice(MIRROR_LIST.length).replace(/^\/+/, "/");
  const lines = readFileSync(path, "utf8").split("\n");
  const urls = lines.map((line) => line.trim().split(/\s+/)[0] ?? "");
  return urls.filter((url) => /^[a-z+]+:/.test(url)).map(trimSlashes);
}

function trimSlashes(url: string): string {
  return url.replace(/\/+$/, "");
}
