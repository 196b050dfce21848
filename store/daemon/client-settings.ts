/**
 * What a client may decide about its own work. Whoever is not trusted may choose how long and how loud to work, and among
 * the caches that the daemon's owner trusts; anything else it sends is ignored, and said to be.
 */
import type { NixSettings } from "../stores/nix-settings.ts";
import type { RealiseOptions } from "../stores/store.ts";
import { LEVEL } from "./protocol.ts";
import type { WireReader } from "./wire.ts";

/** What `SetOptions` carries. */
export interface RequestedSettings {
  readonly keepFailed: boolean;
  readonly keepGoing: boolean;
  readonly fallsBack: boolean;
  readonly verbosity: number;
  readonly maxJobs: number;
  readonly maxSilentS: number;
  readonly wantsBuildLogs: boolean;
  readonly cores: number;
  readonly useSubstitutes: boolean;
  readonly overrides: readonly (readonly [string, string])[];
}

const MAX_NAME_BYTES = 1024;
const FREE_SETTINGS = new Set([
  "timeout",
  "build-timeout",
  "max-silent-time",
  "build-poll-interval",
  "connect-timeout",
]);
const SUBSTITUTER_SETTINGS = new Set(["substituters", "binary-caches", "extra-substituters", "extra-binary-caches"]);
/** Sent by every client, and nobody's business here. */
const IGNORED_SETTINGS = new Set(["ssh-auth-sock", "experimental-features", "plugin-files", "store"]);
const MAX_JOBS = 1024;

export async function readRequestedSettings(reader: WireReader): Promise<RequestedSettings> {
  const keepFailed = await reader.boolean();
  const keepGoing = await reader.boolean();
  const fallsBack = await reader.boolean();
  const verbosity = await reader.number();
  const maxJobs = await reader.number();
  const maxSilentS = await reader.number();
  await reader.number(); // use of a build hook
  const wantsBuildLogs = (await reader.number()) === LEVEL.error;
  await reader.number(); // type of log
  await reader.number(); // build trace
  const cores = await reader.number();
  const useSubstitutes = await reader.boolean();
  const overrides = await reader.list(
    async () => [await reader.string(MAX_NAME_BYTES), await reader.string()] as const,
  );
  return {
    keepFailed,
    keepGoing,
    fallsBack,
    verbosity,
    maxJobs,
    maxSilentS,
    wantsBuildLogs,
    cores,
    useSubstitutes,
    overrides,
  };
}

/** As they are until the client says otherwise. */
export class ClientSettings {
  verbosity: number = LEVEL.info;
  wantsBuildLogs = true;
  buildOptions: RealiseOptions = {};
  /** Where to fetch from; what the daemon's own settings say unless the client may and does choose. */
  substituters: readonly string[];
  useSubstitutes = true;
  readonly #daemon: NixSettings;
  #accepted: NixSettings;

  constructor(daemon: NixSettings) {
    this.#daemon = daemon;
    this.#accepted = daemon;
    this.substituters = substitutersOf(daemon);
  }

  /** Null: fetch from where the daemon does, as it does. */
  get substitution(): { readonly settings: NixSettings; readonly urls: readonly string[] } | null {
    if (!this.useSubstitutes) return { settings: this.#accepted, urls: [] };
    if (this.#accepted === this.#daemon) return null;
    return { settings: this.#accepted, urls: this.substituters };
  }

  /** Returns what the client should be told of. */
  apply(requested: RequestedSettings, isTrusted: boolean): string[] {
    const warnings: string[] = [];
    const accepted: (readonly [string, string])[] = [];
    for (const [name, value] of requested.overrides) {
      if (IGNORED_SETTINGS.has(name) || this.#daemon.text(name) === value) continue;
      if (SUBSTITUTER_SETTINGS.has(name)) this.#chooseSubstituters(name, value, { isTrusted, warnings });
      else if (isTrusted || FREE_SETTINGS.has(name) || (name === "builders" && value === ""))
        accepted.push([name, value]);
      else warnings.push(`ignoring the setting '${name}': it is restricted, and you are not a trusted user`);
    }
    const settings = this.#daemon.with(accepted);
    this.#accepted = settings.with([["fallback", String(requested.fallsBack)]]);
    this.verbosity = requested.verbosity;
    this.wantsBuildLogs = requested.wantsBuildLogs;
    this.useSubstitutes = requested.useSubstitutes;
    const timeoutS = settings.number("timeout", settings.number("build-timeout", 0));
    this.buildOptions = {
      keepFailed: requested.keepFailed,
      keepGoing: requested.keepGoing,
      maxJobs: Math.min(Math.max(1, requested.maxJobs), MAX_JOBS),
      ...(requested.cores > 0 ? { cores: Math.min(requested.cores, MAX_JOBS) } : {}),
      ...(timeoutS > 0 ? { timeoutMs: timeoutS * 1000 } : {}),
      ...(requested.maxSilentS > 0 ? { maxSilentMs: requested.maxSilentS * 1000 } : {}),
    };
    return warnings;
  }

  #chooseSubstituters(
    name: string,
    value: string,
    { isTrusted, warnings }: { readonly isTrusted: boolean; readonly warnings: string[] },
  ): void {
    const trusted = new Set(
      [...substitutersOf(this.#daemon), ...this.#daemon.words("trusted-substituters", [])].map(bare),
    );
    const chosen = value.split(/\s+/).filter((url) => url !== "");
    const accepted = chosen.filter((url) => isTrusted || trusted.has(bare(url)));
    for (const url of chosen) {
      if (!accepted.includes(url)) warnings.push(`ignoring untrusted substituter '${url}', you are not a trusted user`);
    }
    this.substituters = name.startsWith("extra-") ? [...this.substituters, ...accepted] : accepted;
  }
}

function substitutersOf(settings: NixSettings): readonly string[] {
  return settings.words("substituters", []);
}

/** The same cache with and without a slash at its end. */
function bare(url: string): string {
  return url.replace(/\/$/, "");
}
