/**
 * One wait for a unit: asks the guest, and decides when a unit that nobody is starting will not come. A unit without a job
 * may be between two jobs of a chain, so it only counts as given up after a while in which the whole system had no job.
 */

import { systemctlCommand } from "./guest-commands.ts";
import { quoteShell } from "./quote-shell.ts";
import type { CommandResult } from "./root-shell.ts";
import { judgeUnit, parseUnitInfo, type UnitVerdict, unitProperties } from "./unit-state.ts";

const patienceMs = 1_500;

type Run = (command: string, signal: AbortSignal) => Promise<CommandResult>;

export class UnitWait {
  readonly #run: Run;
  readonly #showCommand: string;
  readonly #jobsCommand: string;
  #idleSinceMs: number | undefined;

  constructor(about: { readonly unit: string; readonly user: string | undefined }, run: Run) {
    const properties = unitProperties.join(",");
    this.#run = run;
    this.#showCommand = systemctlCommand(
      `--no-pager show --property=${properties} ${quoteShell(about.unit)}`,
      about.user,
    );
    this.#jobsCommand = systemctlCommand("list-jobs --no-legend --plain", about.user);
  }

  /** `busy` means: ask again. An idle unit becomes a failed one when patience has run out. */
  async ask(signal: AbortSignal): Promise<Exclude<UnitVerdict, { readonly state: "idle" }>> {
    const result = await this.#run(this.#showCommand, signal);
    if (result.status !== 0) return { state: "busy" };
    const verdict = judgeUnit(parseUnitInfo(result.output));
    if (verdict.state !== "idle") return verdict;
    if (await this.#hasJobs(signal)) {
      this.#idleSinceMs = undefined;
      return { state: "busy" };
    }
    this.#idleSinceMs ??= Date.now();
    const isGivenUp = Date.now() - this.#idleSinceMs > patienceMs;
    return isGivenUp ? { state: "failed", reason: verdict.reason } : { state: "busy" };
  }

  async #hasJobs(signal: AbortSignal): Promise<boolean> {
    const { output } = await this.#run(this.#jobsCommand, signal);
    return output.trim() !== "" && !output.startsWith("No jobs");
  }
}
