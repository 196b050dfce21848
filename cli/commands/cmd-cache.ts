import { resolve } from "node:path";
import { AppError } from "#store/std/app-error.ts";
import { cacheTarget, fillCache, readSecretKey } from "../cache-target.ts";
import { type Command, type CommandContext, defineCommand } from "../command.ts";
import type { ParsedCommandLine } from "../flags.ts";
import { nixSettings } from "../nix-settings.ts";
import { openStore } from "../open-store.ts";
import { say } from "../output/terminal.ts";
import { storePathOf } from "../realise.ts";

const flags = {
  store: { kind: "string", value: "ROOT", help: "Firn's root ($FIRN_ROOT, ~/.local/share/firn)" },
  listen: { kind: "string", value: "HOST:PORT", help: "serve: where to listen (127.0.0.1:5000)" },
  priority: { kind: "string", value: "N", help: "serve: smaller is asked first (40)" },
  compression: { kind: "string", value: "NAME", help: "zstd (default), gzip, none; serve also br, push also xz" },
  secretKey: { kind: "list", value: "FILE", help: "sign with this key (setting secret-key-files)" },
  verbose: { kind: "boolean", aliases: ["-v"], help: "serve: print each request" },
  option: { kind: "pairs", value: "NAME VALUE", help: "a setting, as in nix.conf" },
} as const;

type Line = ParsedCommandLine<typeof flags>;

export const command: Command = defineCommand({
  name: "firn cache",
  summary: "Serves a store as a binary cache, writes one into a folder, or shows what one is.",
  usage: "serve | push FOLDER|file://URL PATH... | info URL",
  flags,
  notes: `
Examples:
  nix-store --generate-binary-cache-key cache.example.org-1 secret.key public.key
  firn cache serve --listen 0.0.0.0:5000 --secret-key secret.key
  firn cache push 'file:///srv/cache?compression=xz' ./result
  nix-build --option substituters http://HOST:5000 --option trusted-public-keys "$(cat public.key)" ...

Exit codes: 0 done; 1 failed; 2 wrong usage; 3 the host lacks something; 130 interrupted, as a server is ended.`,
  async run(line, context) {
    const [operation, ...operands] = line.operands;
    if (operation === "serve" && operands.length === 0) return await serve(line, context);
    if (operation === "push" && operands.length >= 2) return await push(line, operands);
    if (operation === "info" && operands.length === 1) return await showInfo(operands[0] ?? "");
    throw new AppError("CLI_USAGE", "Nothing that caches can do was asked for", {
      exitCode: 2,
      hint: "'firn cache serve', 'firn cache push FOLDER PATH...' or 'firn cache info URL'; --help tells more",
    });
  },
});

async function serve({ flags: given }: Line, { signal }: CommandContext): Promise<number> {
  const { startCacheServer } = await import("#store/api.ts");
  const store = await openStore(given.store);
  try {
    const server = await startCacheServer({
      store,
      compression: servedCompression(given.compression ?? "zstd"),
      priority: wholeNumber("--priority", given.priority ?? "40"),
      secretKeys: secretKeyFiles(given).map(readSecretKey),
      ...listenAddress(given.listen ?? "127.0.0.1:5000"),
      ...(given.verbose ? { onRequest: say } : {}),
    });
    say(`serving '${store.root}' at ${server.url}`);
    await new Promise<void>((resolveWait) => {
      if (signal.aborted) resolveWait();
      signal.addEventListener("abort", () => resolveWait(), { once: true });
    });
    await server.close();
    return 0;
  } finally {
    store.close();
  }
}

function secretKeyFiles(given: Line["flags"]): readonly string[] {
  return given.secretKey.length > 0 ? given.secretKey : (nixSettings(given).words("secret-key-files") ?? []);
}

function servedCompression(name: string): "none" | "zstd" | "gzip" | "br" {
  if (name === "none" || name === "zstd" || name === "gzip" || name === "br") return name;
  throw new AppError("CLI_USAGE", `Cannot serve with compression '${name}'`, {
    exitCode: 2,
    hint: "none, zstd, gzip, br",
  });
}

/** `HOST:PORT`, `[HOST]:PORT`, `:PORT` or `PORT`. */
function listenAddress(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port = ""] = /^(?:\[([^\]]+)\]:|([^:]*):)?(\d+)$/.exec(text) ?? [];
  if (port !== "" && Number(port) < 65536) return { host: bracketed ?? (plain || "127.0.0.1"), port: Number(port) };
  throw new AppError("CLI_USAGE", `Flag '--listen' needs HOST:PORT, not '${text}'`, { exitCode: 2 });
}

function wholeNumber(flag: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new AppError("CLI_USAGE", `Flag '${flag}' needs a whole number, not '${text}'`, { exitCode: 2 });
}

async function push({ flags: given }: Line, [url = "", ...operands]: readonly string[]): Promise<number> {
  const [secretKey] = secretKeyFiles(given);
  const named = { compression: given.compression, secretKey };
  const target = cacheTarget(url, named) ?? cacheTarget(`file://${resolve(url)}`, named);
  const store = await openStore(given.store);
  try {
    const paths = await Promise.all(operands.map((operand) => storePathOf(store, operand)));
    if (target !== null) await fillCache(store, paths, target);
    return 0;
  } finally {
    store.close();
  }
}

async function showInfo(url: string): Promise<number> {
  const { readCacheInfo } = await import("#store/api.ts");
  for (const [name, value] of await readCacheInfo(url)) process.stdout.write(`${name}: ${value}\n`);
  return 0;
}
