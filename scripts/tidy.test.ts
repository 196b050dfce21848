/** House rules as ordinary tests: who may import what, no names of hosts or machines, no oversized files. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "" && existsSync(join(root, file)));
const sources = files.filter((file) => file.endsWith(".ts"));

/** The table of ARCHITECTURE.md: what a file outside a folder may be reached as, from each part. */
const mayImport: readonly { readonly from: RegExp; readonly to: RegExp }[] = [
  { from: /^store\/std\//, to: /^store\/std\// },
  { from: /^store\/formats\//, to: /^store\/(std|formats)\// },
  { from: /^store\//, to: /^store\// },
  // Its threads enter the local store straight: api.ts brings the builder along, which would double the time to start.
  {
    from: /^evaluator\/worker\//,
    to: /^(evaluator\/|store\/(formats|std)\/|store\/api\.ts$|store\/local\/local-store\.ts$)/,
  },
  // Answers without opening the store, for which nothing else must be loaded.
  {
    from: /^evaluator\/glue\/results\/find-result\.ts$/,
    to: /^(evaluator\/|store\/(formats|std)\/|store\/local\/registered\.ts$)/,
  },
  { from: /^evaluator\/(glue|worker)\//, to: /^(evaluator\/|store\/(formats|std)\/|store\/api\.ts$)/ },
  {
    from: /^evaluator\/(api\.ts|tests\/|bench\/|lang-tests\/|fuzz\/)/,
    to: /^(evaluator\/|store\/(formats|std)\/|store\/api\.ts$)/,
  },
  { from: /^evaluator\//, to: /^evaluator\// },
  { from: /^driver\//, to: /^(driver\/|store\/std\/)/ },
  { from: /^hydra-lite\//, to: /^(hydra-lite\/|store\/std\/|store\/api\.ts$)/ },
  { from: /^vm-tests\//, to: /^(vm-tests\/|driver\/api\.ts$)/ },
  // Runs inside builds, from a channel that holds nothing but this folder.
  { from: /^distro\//, to: /^distro\// },
  {
    from: /^(cli|scripts|ci)\//,
    to: /^((cli|scripts|ci)\/|[a-z-]+\/api\.ts$|store\/(std|formats)\/|store\/local\/default-root\.ts$|package\.json$)/,
  },
];

/** The test that sees to a real peer may reach further than the code it tests. */
const isTest = (file: string): boolean => /\.test\.ts$|\/(tests|bench|fuzz)\//.test(file);

test("tidy: every import keeps to the table of ARCHITECTURE.md", () => {
  const wrong = sources
    .filter((file) => !isTest(file))
    .flatMap((file) =>
      importsOf(file)
        .filter((target) => !isAllowed(file, target))
        .map((target) => `${file} imports ${target}`),
    );
  assert.deepEqual(wrong, []);
});

test("tidy: no 'any', no '!' after a value, no default export, no enum, no namespace", () => {
  const wrong = sources.filter((file) =>
    /^export default |^(export )?(const )?enum |^(export )?namespace /m.test(read(file)),
  );
  assert.deepEqual(wrong, []);
});

test("tidy: files stay readable in size", () => {
  const large = sources.filter((file) => read(file).split("\n").length > 900);
  assert.deepEqual(large, []);
});

test("tidy: nothing in the repository is larger than 1 MiB", () => {
  assert.deepEqual(
    files.filter((file) => statSync(join(root, file)).size > 1024 * 1024),
    [],
  );
});

test("tidy: no host of a package registry stands in the repository", () => {
  const hosts = registryHosts();
  const texts = files.filter((file) => /\.(ts|mjs|js|json|nix|md|sh|txt)$/.test(file));
  assert.deepEqual(
    texts.filter((file) => hosts.some((host) => read(file).includes(host))),
    [],
  );
});

function isAllowed(file: string, target: string): boolean {
  const rule = mayImport.find(({ from }) => from.test(file));
  return rule === undefined || rule.to.test(target);
}

/** Project files that a file imports, as paths from the project's root. */
function importsOf(file: string): string[] {
  const specifiers = [...read(file).matchAll(/(?:from|import)\s*\(?\s*"((?:#|\.)[^"]+)"/g)].map(
    (match) => match[1] ?? "",
  );
  return specifiers.map((specifier) =>
    specifier.startsWith("#") ? specifier.slice(1) : normalize(join(dirname(file), specifier)),
  );
}

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

/** Read from this host's own configuration, so that they need not be named here. */
function registryHosts(): string[] {
  const npm = execFileSync("npm", ["config", "get", "registry"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const places = ["/etc/apt/sources.list", "/etc/apt/sources.list.d"].filter((path) => existsSync(path));
  const apt =
    places.length === 0
      ? ""
      : execFileSync("grep", ["-rhoE", "https?://[^/ ]+", ...places], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
        });
  return [...new Set(`${npm}\n${apt}`.match(/(?<=https?:\/\/)[^/\s]+/g) ?? [])];
}
