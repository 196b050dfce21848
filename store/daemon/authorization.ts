/**
 * Who may use a daemon (`allowed-users`), and who may do anything with it (`trusted-users`: import unsigned paths, choose
 * caches and settings; as good as being its owner). Lists hold users, `@group`s and `*`.
 */

import { AppError } from "../std/app-error.ts";
import type { NixSettings } from "../stores/nix-settings.ts";
import type { Peer } from "./peer-credentials.ts";

export interface AccessRules {
  readonly trusted: readonly string[];
  readonly allowed: readonly string[];
}

export function accessRulesOf(settings: NixSettings): AccessRules {
  return { trusted: settings.words("trusted-users", ["root"]), allowed: settings.words("allowed-users", ["*"]) };
}

/** Groups that the rules name. */
export function groupsOf({ trusted, allowed }: AccessRules): string[] {
  return [...trusted, ...allowed].filter((word) => word.startsWith("@")).map((word) => word.slice(1));
}

/**
 * @param peer null when nobody could tell: that is nobody whom a rule names
 * @returns whether the peer is trusted
 * @throws AppError `DAEMON_NOT_ALLOWED`
 */
export function authorize(rules: AccessRules, peer: Peer | null): boolean {
  if (matches(rules.trusted, peer)) return true;
  if (matches(rules.allowed, peer)) return false;
  const who = peer === null ? "an unknown user" : `user '${peer.user}'`;
  throw new AppError("DAEMON_NOT_ALLOWED", `${who} is not allowed to connect to the Nix daemon`, {
    hint: "Whoever runs the daemon can add you to 'allowed-users'",
  });
}

function matches(words: readonly string[], peer: Peer | null): boolean {
  return words.some((word) => {
    if (word === "*") return true;
    if (peer === null) return false;
    if (!word.startsWith("@")) return word === peer.user;
    return word.slice(1) === peer.group || peer.memberOf.includes(word.slice(1));
  });
}
