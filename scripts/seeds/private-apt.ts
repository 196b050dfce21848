/*
 * Debian's indexes through apt, in a folder of its own: sources, lists, keyring, dpkg status and caches are all below it,
 * so the host's apt state is neither changed nor relied on, and any architecture can be asked for. From the host comes
 * only what says how to reach a mirror: the address of its Debian archive, its settings for downloads (`Acquire`), and
 * Debian's archive keys. Its other settings stay out, above all the programs that it starts after an update.
 * Signatures are checked by apt as always.
 *
 * The suite is a released one, alone: its files stay in the pool, while those of security and updates are replaced.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { AppError } from "#store/std/app-error.ts";
import { debianMirror } from "./debian-mirror.ts";

const ARCHIVE_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const MAX_INDEX_BYTES = 512 * 2 ** 20;

export interface SuiteIndexes {
  readonly packages: string;
  readonly sources: string;
  /** As in the Release file, such as `12.13`. */
  readonly suiteVersion: string;
}

/** Downloads the binary index of one Debian architecture and the source index of a suite's main component. */
export async function fetchSuiteIndexes(suite: string, debianArchitecture: string): Promise<SuiteIndexes> {
  const root = await mkdtemp(join(tmpdir(), "firn-seeds-"));
  try {
    const configuration = await writeAptRoot(root, suite, debianArchitecture);
    await runApt(configuration, "apt-get", ["update", "-q"]);
    return {
      packages: await readIndex(configuration, "Packages"),
      sources: await readIndex(configuration, "Sources"),
      suiteVersion: await indexProperty(configuration, "Packages", "$(VERSION)"),
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Returns the configuration file, which apt reads instead of the host's. */
async function writeAptRoot(root: string, suite: string, architecture: string): Promise<string> {
  for (const folder of ["lists/partial", "cache/archives/partial", "parts"]) {
    await mkdir(join(root, folder), { recursive: true });
  }
  const source = `[signed-by=${ARCHIVE_KEYRING}] ${await debianMirror()} ${suite} main`;
  await writeFile(join(root, "sources.list"), `deb ${source}\ndeb-src ${source}\n`);
  await writeFile(join(root, "status"), "");
  const settings = {
    "Dir::Etc::Main": "/dev/null",
    "Dir::Etc::Parts": join(root, "parts"),
    "Dir::Etc::SourceList": join(root, "sources.list"),
    "Dir::Etc::SourceParts": join(root, "parts"),
    "Dir::State": root,
    "Dir::State::Lists": join(root, "lists"),
    "Dir::State::Status": join(root, "status"),
    "Dir::Cache": join(root, "cache"),
    "APT::Architecture": architecture,
    "APT::Architectures": architecture,
    "APT::Sandbox::User": "root",
    // an index that cannot be fetched must be an error, not a warning
    "APT::Update::Error-Mode": "any",
    "Acquire::Languages": "none",
  };
  const own = Object.entries(settings).map(([key, value]) => `${key} "${value}";`);
  const path = join(root, "apt.conf");
  await writeFile(path, `${[...downloadSettings(await dumpHostConfiguration()), ...own].join("\n")}\n`);
  return path;
}

async function dumpHostConfiguration(): Promise<string> {
  return (await execa("apt-config", ["dump"])).stdout;
}

/** The lines of `apt-config dump` that say how to download; which indexes there are is our own choice. */
export function downloadSettings(dump: string): string[] {
  return dump.split("\n").filter((line) => /^Acquire::(?!IndexTargets|Languages)/.test(line));
}

async function readIndex(configuration: string, kind: string): Promise<string> {
  const file = await indexProperty(configuration, kind, "$(FILENAME)");
  return runApt(configuration, "/usr/lib/apt/apt-helper", ["cat-file", file]);
}

/** What apt knows of the one index of a kind, by a format of `apt-get indextargets`. */
async function indexProperty(configuration: string, kind: string, format: string): Promise<string> {
  const args = ["indextargets", "--format", format, `Created-By: ${kind}`];
  return (await runApt(configuration, "apt-get", args)).split("\n")[0] ?? "";
}

async function runApt(configuration: string, command: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr, failed } = await execa(command, args, {
    reject: false,
    env: { LC_ALL: "C", APT_CONFIG: configuration },
    maxBuffer: MAX_INDEX_BYTES,
  });
  if (!failed) return stdout;
  throw new AppError("SEEDS_APT_FAILED", `Run '${command}' in a private root: it failed`, {
    hint: "Read what apt says; FIRN_MIRROR_DEBIAN names another Debian archive",
    details: stderr,
  });
}
