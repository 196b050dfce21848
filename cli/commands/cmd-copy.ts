import { AppError } from "#store/std/app-error.ts";
import { cacheTarget, fillCache } from "../cache-target.ts";
import { type Command, defineCommand } from "../command.ts";
import type { ParsedCommandLine } from "../flags.ts";
import { nixSettings } from "../nix-settings.ts";
import { openStore, rootOf } from "../open-store.ts";
import { say } from "../output/terminal.ts";
import { realisePaths, storePathOf } from "../realise.ts";

const flags = {
  store: { kind: "string", value: "ROOT", help: "Firn's root ($FIRN_ROOT, ~/.local/share/firn)" },
  to: { kind: "string", value: "URL", help: "copy there: file://FOLDER, a root, unix://SOCKET, daemon" },
  from: { kind: "string", value: "URL", help: "copy from there: also http:// and https://" },
  noCheckSigs: { kind: "boolean", help: "take paths without a signature that is trusted" },
  option: { kind: "pairs", value: "NAME VALUE", help: "a setting, as in nix.conf" },
} as const;

type Line = ParsedCommandLine<typeof flags>;

export const command: Command = defineCommand({
  name: "firn copy",
  summary: "Copies paths, with all that they refer to, between this store and another or a binary cache.",
  usage: "--to URL | --from URL  PATH...",
  flags,
  notes: `
Examples:
  firn copy --to 'file:///srv/cache?compression=xz&secret-key=secret.key' ./result
  firn copy --from https://cache.example.org /nix/store/..-hello

Exit codes: 0 copied; 1 failed; 2 wrong usage; 3 the host lacks something; 100 something could not be fetched.`,
  async run(line, { signal }) {
    const { to, from } = line.flags;
    if ((to === undefined) === (from === undefined) || line.operands.length === 0) {
      throw new AppError("CLI_USAGE", "Give one of '--to URL' and '--from URL', and paths", { exitCode: 2 });
    }
    if (to !== undefined) return await copyTo(line, to);
    return await copyFrom(line, from ?? "", signal);
  },
});

async function copyTo({ flags: given, operands }: Line, url: string): Promise<number> {
  const store = await openStore(given.store);
  try {
    const paths = await Promise.all(operands.map((operand) => storePathOf(store, operand)));
    const target = cacheTarget(url, {});
    if (target !== null) await fillCache(store, paths, target);
    else await copyBetween(`local?root=${store.root}`, url, paths, given);
    return 0;
  } finally {
    store.close();
  }
}

async function copyFrom({ flags: given, operands }: Line, url: string, signal: AbortSignal): Promise<number> {
  if (!/^(https?|file):/.test(url)) {
    await copyBetween(url, `local?root=${await rootOf(given.store)}`, operands, given);
    return 0;
  }
  const config = nixSettings(given);
  const settings = new Map([...config.names].map((name) => [name, config.get(name) ?? ""]));
  settings.set("substituters", url).set("substitute", "true");
  if (given.noCheckSigs) settings.set("require-sigs", "false");
  const store = await openStore(given.store);
  try {
    await realisePaths(store, operands, { settings, signal });
    return 0;
  } finally {
    store.close();
  }
}

async function copyBetween(
  from: string,
  to: string,
  paths: readonly string[],
  { noCheckSigs }: Line["flags"],
): Promise<void> {
  const { copyClosure, openStore: openAny } = await import("#store/api.ts");
  const [source, target] = [await openAny(from), await openAny(to)];
  try {
    const copied = await copyClosure(source, target, { paths, checkSignatures: !noCheckSigs });
    say(`${copied.length} paths copied`);
  } finally {
    await source.close();
    await target.close();
  }
}
