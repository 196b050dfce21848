import { AppError } from "#store/std/app-error.ts";
import { buildFlags } from "../build-flags.ts";
import { type Command, defineCommand } from "../command.ts";
import { openDaemon } from "../daemon-client.ts";
import type { Flags } from "../flags.ts";
import { openStore } from "../open-store.ts";
import { nixStoreOperations } from "./nix-store-operations.ts";

const flags = {
  realise: { kind: "boolean", aliases: ["-r", "--realize"], help: "build (or fetch) the given derivations or paths" },
  query: { kind: "boolean", aliases: ["-q"], help: "ask about paths; with one of the query flags below" },
  add: { kind: "boolean", help: "copy files into the store, print their paths" },
  addFixed: {
    kind: "boolean",
    help: "the same, as fixed outputs: hash algorithm, then files (--recursive for a NAR hash)",
  },
  dump: { kind: "boolean", help: "write the NAR of a path (any path) to standard output" },
  restore: { kind: "boolean", help: "unpack a NAR from standard input into a path" },
  gc: { kind: "boolean", help: "delete what no root reaches" },
  delete: { kind: "boolean", help: "delete the given paths, if nothing needs them" },
  verify: { kind: "boolean", help: "check that what is registered is there (--check-contents: with its contents)" },
  optimise: { kind: "boolean", aliases: ["--optimize"], help: "link equal files of the store together" },
  repairPath: { kind: "boolean", help: "build the given paths once more if they are damaged" },
  verifyPath: { kind: "boolean", help: "compare the contents of the given paths with what was registered" },
  export: { kind: "boolean", help: "write the given paths to standard output, for --import" },
  import: { kind: "boolean", help: "add what an export on standard input holds, print the paths" },
  dumpDb: { kind: "boolean", help: "print the registrations of the given paths (all)" },
  loadDb: { kind: "boolean", help: "register what --dump-db printed" },
  registerValidity: { kind: "boolean", help: "register paths that stand in the store already" },
  checkValidity: { kind: "boolean", help: "fail when one of the given paths is not valid" },
  printEnv: { kind: "boolean", help: "print the environment of a derivation, for a shell" },
  printFixedPath: { kind: "boolean", help: "print the path of a fixed output: ALGORITHM HASH NAME" },
  generateBinaryCacheKey: { kind: "boolean", help: "make a key pair: NAME SECRET-FILE PUBLIC-FILE" },
  init: { kind: "boolean", help: "make the store" },
  readLog: { kind: "boolean", aliases: ["-l"], help: "print the build log of derivations or outputs" },

  outputs: { kind: "boolean", help: "query: output paths of a derivation" },
  requisites: { kind: "boolean", aliases: ["-R"], help: "query: the closure" },
  references: { kind: "boolean", help: "query: direct references" },
  referrers: { kind: "boolean", aliases: ["--referers"], help: "query: who refers to it" },
  referrersClosure: { kind: "boolean", aliases: ["--referers-closure"], help: "query: the same, transitively" },
  deriver: { kind: "boolean", aliases: ["-d"], help: "query: the derivation that made it" },
  validDerivers: { kind: "boolean", help: "query: the derivations here that make it" },
  hash: { kind: "boolean", help: "query: hash of its NAR" },
  size: { kind: "boolean", help: "query: size of its NAR in bytes" },
  binding: { kind: "string", aliases: ["-b"], value: "NAME", help: "query: a variable of the derivation" },
  graph: { kind: "boolean", help: "query: the closure as a graph for 'dot'" },
  graphml: { kind: "boolean", help: "query: the closure as GraphML" },
  resolve: { kind: "boolean", help: "query: the store path that a link leads to" },
  includeOutputs: { kind: "boolean", help: "requisites: also the outputs of derivations" },
  tree: { kind: "boolean", help: "query: references as a tree" },
  roots: { kind: "boolean", help: "query: the roots that keep it" },
  useOutput: { kind: "boolean", aliases: ["-u"], help: "query: for a derivation ask about its outputs" },

  printRoots: { kind: "boolean", help: "gc: print the roots only" },
  printLive: { kind: "boolean", help: "gc: print what would stay" },
  printDead: { kind: "boolean", help: "gc: print what would go" },
  maxFreed: { kind: "string", value: "BYTES", help: "gc: stop after so much" },
  ignoreLiveness: { kind: "boolean", help: "delete: also what a root reaches" },
  printInvalid: { kind: "boolean", help: "check-validity: print those that are not" },
  reregister: { kind: "boolean", help: "register-validity: also what is registered" },
  hashGiven: { kind: "boolean", help: "register-validity: hashes and sizes are part of the input" },
  recursive: { kind: "boolean", help: "add-fixed: hash the NAR, not the bytes" },
  checkContents: { kind: "boolean", help: "verify: read and hash everything" },
  dryRun: { kind: "boolean", help: "realise: only say what would be built or fetched" },
  check: { kind: "boolean", help: "realise: build again, fail when the result differs" },
  repair: { kind: "boolean", help: "realise, verify: build again what is damaged" },
  ignoreUnknown: { kind: "boolean", help: "realise: pass over paths that nobody has; print nothing" },
  addRoot: { kind: "string", value: "PATH", help: "realise: make this link and keep what it points to" },
  indirect: { kind: "boolean", help: "accepted for compatibility" },
  store: { kind: "string", value: "ROOT", help: "Firn's root ($FIRN_ROOT, ~/.local/share/firn)" },
} as const;

export type NixStoreFlags = Flags<typeof flags> & Flags<typeof buildFlags>;

export const command: Command = defineCommand({
  name: "nix-store",
  summary: "Works on the store directly, as Nix's command of that name.",
  usage: "OPERATION [FLAGS] [PATH...]",
  flags: { ...flags, ...buildFlags },
  notes: `
Examples:
  nix-store -r /nix/store/..-hello.drv       nix-store -q --references PATH
  nix-store --gc --print-dead                nix-store --read-log PATH

Exit codes: 0 done; 1 failed; 2 wrong usage; 3 the host lacks something; 100 a build failed.`,
  async run({ flags: given, operands }, context) {
    const operation = nixStoreOperations.find(({ isAsked }) => isAsked(given));
    if (operation === undefined)
      throw new AppError("CLI_USAGE", "No operation given", {
        exitCode: 2,
        hint: "for example 'nix-store -q --references PATH'; --help lists them",
      });
    const daemon = given.restore ? null : await openDaemon(given.store);
    if (daemon !== null) {
      try {
        return await (await import("./nix-store-daemon.ts")).runOnDaemon({
          daemon,
          given,
          operands,
          signal: context.signal,
        });
      } finally {
        await daemon.close();
      }
    }
    const store = await openStore(given.store);
    try {
      return await operation.run({ store, given, operands, signal: context.signal });
    } finally {
      store.close();
    }
  },
});
