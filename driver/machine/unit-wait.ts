/**
 * One wait for a unit: asks the guest, and decides when a unit that nobody is starting will not come. A unit without a job
 * may be between two jobs of a chain, so it only counts as given up after a while in which the whole system had no job.
 * systemd forgets a oneshot that has ended and that nothing refers to; then the journal knows whether it ran.
 */

import { systemctlCommand } from "./guest-commands.ts";
import { quoteShell } from "./quote-shell.ts";
import type { CommandResult } from "./root-shell.ts";
import { judgeUnit, parseUnitInfo, type UnitVerdict, unitProperties } from "./unit-state.ts";

const patienceMs = 1_500;
/** systemd's message ids (sd-messages.h): a start job that was done, one that failed. */
const startedMessage = "39f53479d3a045ac8e11786248231fbf";
const startFailedMessage = "be02cf6855d2428ba40df7e9d022f03d";

type Run = (command: string, signal: AbortSignal) => Promise<CommandResult>;

export class UnitWait {
  readonly #run: Run;
  readonly #showCommand: string;
  readonly #jobsCommand: string;
  readonly #historyCommand: string;
  #idleSinceMs: number | undefined;

  constructor(about: { readonly unit: string; readonly user: string | undefined }, run: Run) {
    const properties = unitProperties.join(",");
    this.#run = run;
    this.#showCommand = systemctlCommand(
      `--no-pager show --property=${properties} ${quoteShell(about.unit)}`,
      about.user,
    );
    const field = quoteShell(`${about.user === undefined ? "UNIT" : "USER_UNIT"}=${about.unit}`);
    this.#historyCommand = `journalctl --boot --quiet --lines=1 --output=export --output-fields=MESSAGE_ID ${field} MESSAGE_ID=${startedMessage} MESSAGE_ID=${startFailedMessage}`;
    this.#jobsCommand = systemctlCommand("list-jobs --no-legend --plain", about.user);
  }

  /** `busy` means: ask again. An idle unit becomes a failed one when patience has run out. */
  async ask(signal: AbortSignal): Promise<Exclude<UnitVerdict, { readonly state: "idle" }>> {
    const result = await this.#run(this.#showCommand, signal);
    if (result.status !== 0) return { state: "busy" };
    const info = parseUnitInfo(result.output);
    const verdict = judgeUnit(info);
    if (verdict.state !== "idle") return verdict;
    if (info["Type"] === "oneshot" && (await this.#hasRun(signal))) return { state: "reached" };
    if (await this.#hasJobs(signal)) {
      this.#idleSinceMs = undefined;
      return { state: "busy" };
    }
    this.#idleSinceMs ??= Date.now();
    const isGivenUp = Date.now() - this.#idleSinceMs > patienceMs;
    return isGivenUp ? { state: "failed", reason: verdict.reason } : { state: "busy" };
  }

  async #hasRun(signal: AbortSignal): Promise<boolean> {
    return (await this.#run(this.#historyCommand, signal)).output.includes(`MESSAGE_ID=${startedMessage}`);
  }

  async #hasJobs(signal: AbortSignal): Promise<boolean> {
    const { output } = await this.#run(this.#jobsCommand, signal);
    return output.trim() !== "" && !output.startsWith("No jobs");
  }
}
