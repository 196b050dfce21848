/**
 * The settings of Nix that can stand in nix.conf, in NIX_CONFIG, after `--option` and as flags of their own; those that say
 * what an evaluation may see become options of it, the others are known by name only.
 */
import type { EvaluateOptions } from "#evaluator/api.ts";
import type { Environment } from "#store/std/nix-conf.ts";
import type { FlagSpec } from "./flags.ts";
import { type NixConfig, readNixConfig } from "./nix-config.ts";
import { say, yellow } from "./output/terminal.ts";
import { withoutUndefined } from "./without-undefined.ts";

const booleans: readonly string[] = `accept-flake-config allow-dirty allow-dirty-locks allow-import-from-derivation
  allow-new-privileges allow-symlinked-store allow-unsafe-native-code-during-evaluation always-allow-substitutes
  auto-allocate-uids auto-optimise-store builders-use-substitutes compress-build-log debugger-on-trace debugger-on-warn
  enforce-determinism eval-cache fallback filter-syscalls fsync-metadata fsync-store-paths http2 impersonate-linux-26
  keep-build-log keep-derivations keep-env-derivations keep-failed keep-going keep-outputs preallocate-contents
  print-missing pure-eval require-drop-supplementary-groups require-sigs restrict-eval run-diff-hook sandbox-fallback
  show-trace substitute sync-before-registering trace-function-calls trace-import-from-derivation trace-verbose
  use-case-hack use-cgroups use-registries use-sqlite-wal use-xdg-base-directories warn-dirty
  warn-large-path-threshold warn-short-path-literals`.split(/\s+/);

const texts: readonly string[] = `access-tokens allowed-impure-host-deps allowed-uris allowed-users bash-prompt
  bash-prompt-prefix bash-prompt-suffix build-dir build-hook build-poll-interval build-users-group builders
  commit-lock-file-summary commit-lockfile-summary connect-timeout cores diff-hook download-attempts
  download-buffer-size download-speed eval-profile-file eval-profiler eval-system experimental-features
  extra-platforms flake-registry gc-reserved-space hashed-mirrors http-connections id-count ignored-acls log-lines
  max-build-log-size max-call-depth max-free max-jobs max-silent-time max-substitution-jobs min-free
  min-free-check-interval nar-buffer-size narinfo-cache-meta-ttl narinfo-cache-negative-ttl narinfo-cache-positive-ttl
  netrc-file nix-path nix-shell-always-looks-for-shell-nix nix-shell-shebang-arguments-relative-to-script plugin-files
  post-build-hook pre-build-hook repeat sandbox sandbox-build-dir sandbox-dev-shm-size sandbox-paths secret-key-files
  ssl-cert-file stalled-download-timeout start-id store substituters system system-features tarball-ttl timeout
  trusted-public-keys trusted-substituters trusted-users upgrade-nix-store-path-url user-agent-suffix`.split(/\s+/);

const known: ReadonlySet<string> = new Set([...booleans, ...texts]);

/** Each setting as a flag (`--pure-eval`, `--no-pure-eval`, `--extra-experimental-features X`), left out of the help. */
export function settingFlags(taken: Readonly<Record<string, FlagSpec>>): Record<string, FlagSpec> {
  const flags: Record<string, FlagSpec> = {};
  const add = (name: string, kind: "boolean" | "string"): void => {
    if (!(camelCase(name) in taken)) flags[camelCase(name)] = { kind, value: "VALUE", help: "", hidden: true };
  };
  for (const name of booleans) {
    add(name, "boolean");
    add(`no-${name}`, "boolean");
  }
  for (const name of texts) {
    add(name, "string");
    add(`extra-${name}`, "string");
  }
  return flags;
}

function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_dash, letter: string) => letter.toUpperCase());
}

type Given = Readonly<Record<string, unknown>> & { readonly option?: readonly (readonly [string, string])[] };

const alreadyRead = new WeakMap<Given, NixConfig>();

/** `--option` comes after the files, and flags after that. Names that no Nix knows are warned of, once a command line. */
export function nixSettings(given: Given): NixConfig {
  const config = alreadyRead.get(given) ?? readSettings(given);
  alreadyRead.set(given, config);
  return config;
}

function readSettings(given: Given): NixConfig {
  const config = readNixConfig(process.env);
  for (const [name, value] of givenSettings(given)) config.set(name, value);
  for (const name of config.names) if (!known.has(name)) say(`${yellow("warning:")} unknown setting '${name}'`);
  return config;
}

/** `--option` comes first, as flags win. */
function givenSettings(given: Given): (readonly [string, string])[] {
  const settings = [...(given.option ?? [])];
  for (const name of booleans) {
    if (given[camelCase(name)] === true) settings.push([name, "true"]);
    if (given[camelCase(`no-${name}`)] === true) settings.push([name, "false"]);
  }
  for (const name of texts.flatMap((text) => [text, `extra-${text}`])) {
    const value = given[camelCase(name)];
    // `--store` names a root of ours.
    if (typeof value === "string" && name !== "store") settings.push([name, value]);
  }
  return settings;
}

/** The settings of a command line, as lines for the NIX_CONFIG of commands that it starts. */
export function settingsText(given: Given): string {
  return givenSettings(given)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join("");
}

/** What the settings say of an evaluation. */
export function settingsOptions(config: NixConfig, environment: Environment = process.env): Partial<EvaluateOptions> {
  const nixPath = environment["NIX_PATH"] ?? config.get("nix-path")?.split(/\s+/).join(":");
  return withoutUndefined({
    pureEval: config.boolean("pure-eval"),
    restrictEval: config.boolean("restrict-eval"),
    allowedUris: config.words("allowed-uris"),
    experimentalFeatures: config.words("experimental-features"),
    allowImportFromDerivation: config.boolean("allow-import-from-derivation"),
    traceVerbose: config.boolean("trace-verbose"),
    trustedPublicKeys: config.words("trusted-public-keys"),
    requireSigs: config.boolean("require-sigs"),
    tarballTtlS: config.wholeNumber("tarball-ttl"),
    showTrace: config.boolean("show-trace"),
    system: config.get("eval-system") || config.get("system"),
    environment: nixPath === undefined ? undefined : { ...environment, NIX_PATH: nixPath },
  });
}
