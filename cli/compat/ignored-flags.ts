/** Flags of Nix that change nothing here (how much to say, whom to ask), for the commands that stand in for Nix's. */
export const ignoredFlags = {
  indirect: { kind: "boolean", help: "", hidden: true },
  repair: { kind: "boolean", help: "", hidden: true },
  verbose: { kind: "boolean", aliases: ["-v"], help: "", hidden: true },
  debug: { kind: "boolean", aliases: ["-vv", "-vvv", "-vvvv", "-vvvvv"], help: "", hidden: true },
  quiet: { kind: "boolean", help: "", hidden: true },
  impure: { kind: "boolean", help: "", hidden: true },
  noGcWarning: { kind: "boolean", help: "", hidden: true },
  noBuildOutput: { kind: "boolean", aliases: ["-Q"], help: "", hidden: true },
  logFormat: { kind: "string", value: "VALUE", help: "", hidden: true },
  evalStore: { kind: "string", value: "VALUE", help: "", hidden: true },
  overrideFlake: { kind: "pairs", value: "TWO WORDS", help: "", hidden: true },
} as const;
