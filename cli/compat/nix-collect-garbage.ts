import { AppError } from "#store/std/app-error.ts";
import { wholeNumber } from "../build-flags.ts";
import { type Command, defineCommand } from "../command.ts";
import { openDaemon } from "../daemon-client.ts";
import { openStore, rootOf } from "../open-store.ts";
import { say } from "../output/terminal.ts";
import { describeFreed } from "./nix-store-request.ts";

const DAY_MS = 24 * 3600 * 1000;

export const command: Command = defineCommand({
  name: "nix-collect-garbage",
  summary: "Deletes what no root reaches; with -d old generations of profiles first.",
  usage: "[-d] [--delete-older-than PERIOD] [--max-freed BYTES] [--dry-run]",
  flags: {
    deleteOld: { kind: "boolean", aliases: ["-d"], help: "delete all generations of profiles but the current ones" },
    deleteOlderThan: { kind: "string", value: "30d", help: "keep those that were current in so many days" },
    dryRun: { kind: "boolean", help: "only say which generations would go" },
    maxFreed: { kind: "string", value: "BYTES", help: "stop after so much" },
    store: { kind: "string", value: "ROOT", help: "Firn's root ($FIRN_ROOT, ~/.local/share/firn)" },
    option: { kind: "pairs", value: "NAME VALUE", help: "a setting, as in nix.conf" },
  },
  notes: `
Examples:
  nix-collect-garbage -d          nix-collect-garbage --delete-older-than 30d

Exit codes: 0 done; 1 failed; 2 wrong usage; 3 the host lacks something.`,
  async run({ flags: given }) {
    const limit = given.maxFreed === undefined ? {} : { maxFreedBytes: wholeNumber("--max-freed", given.maxFreed) };
    const { deleteOlderThan, dryRun } = given;
    if (given.deleteOld || deleteOlderThan !== undefined)
      await deleteGenerations(await rootOf(given.store), { deleteOlderThan, dryRun });
    if (dryRun) return 0;
    const daemon = await openDaemon(given.store);
    const store = daemon ?? (await openStore(given.store));
    try {
      process.stdout.write(`${describeFreed(await store.collectGarbage(limit))}\n`);
      return 0;
    } finally {
      await store.close();
    }
  },
});

async function deleteGenerations(
  root: string,
  { deleteOlderThan, dryRun }: { readonly deleteOlderThan: string | undefined; readonly dryRun: boolean },
): Promise<void> {
  const { deleteOldGenerations, findProfiles } = await import("#store/api.ts");
  const period = deleteOlderThan === undefined ? {} : { olderThanMs: Date.now() - daysOf(deleteOlderThan) * DAY_MS };
  for (const profile of findProfiles(`${root === "/" ? "" : root}/nix/var/nix/profiles`)) {
    say(`removing old generations of profile ${profile}`);
    const onDelete = ({ number }: { readonly number: number }): void =>
      say(`${dryRun ? "would remove" : "removing"} profile version ${number}`);
    deleteOldGenerations(profile, { ...period, dryRun, onDelete });
  }
}

/** @throws AppError `CLI_USAGE` */
function daysOf(period: string): number {
  const days = Number(/^([1-9]\d*)d$/.exec(period)?.[1] ?? Number.NaN);
  if (!Number.isNaN(days)) return days;
  throw new AppError("CLI_USAGE", `Flag '--delete-older-than' needs a number of days, not '${period}'`, {
    exitCode: 2,
    hint: "for example '30d'",
  });
}
