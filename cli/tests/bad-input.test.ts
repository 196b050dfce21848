/** What a user sees when something is wrong: one clear message, a documented exit code, and nothing lost. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { distroFolder } from "../project.ts";
import { type CommandResult, Workshop } from "./firn-process.ts";

const system = (configuration: string): string =>
  `(import ${join(distroFolder, "nixos")} { configuration = { ${configuration} }; }).system.drvPath`;

interface Case {
  readonly name: string;
  readonly program?: string;
  readonly args: readonly string[];
  readonly exitCode: number;
  readonly says: readonly RegExp[];
}

const cases: readonly Case[] = [
  {
    name: "a syntax error shows the place",
    args: ["eval", "-E", "{ a = 1 }"],
    exitCode: 1,
    says: [/^error: syntax error/m, /:1:9/, /\{ a = 1 \}/],
  },
  {
    name: "an undefined option names the nearest one",
    args: ["eval", "-E", system("services.nginx.enabel = true;")],
    exitCode: 1,
    says: [/'services\.nginx\.enabel' does not exist/, /services\.nginx\.enable'/],
  },
  {
    name: "a wrong type names option, type and value",
    args: ["eval", "-E", system('services.nginx.enable = "yes";')],
    exitCode: 1,
    says: [/'services\.nginx\.enable' is not of type 'boolean'/, /"yes"/],
  },
  {
    name: "a missing builtin is named",
    args: ["eval", "-E", "builtins.mapAttr"],
    exitCode: 1,
    says: [/there is no builtin 'mapAttr'/, /Did you mean 'mapAttrs'/],
  },
  {
    name: "infinite recursion is an evaluation error",
    args: ["eval", "-E", "let x = x; in x"],
    exitCode: 1,
    says: [/infinite recursion encountered/],
  },
  {
    name: "recursion without an end is an evaluation error",
    args: ["eval", "-E", "let f = n: 1 + f (n + 1); in f 0"],
    exitCode: 1,
    says: [/stack overflow/],
  },
  {
    name: "a hash mismatch shows both hashes",
    args: [
      "build",
      "--no-link",
      "-E",
      'derivation { name = "x"; system = builtins.currentSystem; builder = "builtin:fetchurl"; url = "file:///proc/version"; outputHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="; }',
    ],
    exitCode: 100,
    says: [/wanted: sha256-A+=/, /got: sha256-/],
  },
  {
    name: "a foreign platform says what this host builds for",
    args: ["build", "--no-link", "-E", 'derivation { name = "x"; system = "sparc-plan9"; builder = "/x"; }'],
    exitCode: 100,
    says: [/'sparc-plan9'/, /x86_64-linux|aarch64-linux/],
  },
  {
    name: "a file that is not there",
    args: ["build", "not-there.nix"],
    exitCode: 1,
    says: [/There is no file 'not-there\.nix'/],
  },
  { name: "an unknown flag", args: ["build", "--jsno", "x"], exitCode: 2, says: [/Unknown flag '--jsno'/] },
  {
    name: "an unknown command",
    args: ["biuld"],
    exitCode: 2,
    says: [/There is no command 'firn biuld'/, /build, .*eval, /],
  },
  {
    name: "a test file that is not there",
    args: ["test", "not-there.test.ts"],
    exitCode: 2,
    says: [/not-there\.test\.ts/],
  },
  {
    name: "an invalid store path",
    program: "compat/nix-store",
    args: ["-q", "--references", "/nix/store/00000000000000000000000000000000-x"],
    exitCode: 1,
    says: [/is not valid/],
  },
];

for (const { name, program = "firn", args, exitCode, says } of cases) {
  test(`firn: ${name}`, async () => {
    using workshop = new Workshop();
    const result = await workshop.run(program, args);
    assert.equal(result.exitCode, exitCode, result.stderr);
    for (const pattern of says) assert.match(result.stderr, pattern);
    assertReadable(result);
  });
}

test("firn: without bubblewrap a build says what to install", async () => {
  using workshop = new Workshop();
  const args = [
    "build",
    "--no-link",
    "-E",
    'derivation { name = "x"; system = builtins.currentSystem; builder = "/x"; }',
  ];
  const result = await workshop.run("firn", args, { PATH: workshop.pathOf("flock", "mkfifo") });
  assert.equal(result.exitCode, 3, result.stderr);
  assert.match(result.stderr, /bubblewrap/);
  assertReadable(result);
});

test("firn: Ctrl-C ends an evaluation within a second, with 130", async () => {
  using workshop = new Workshop();
  const { child, result } = workshop.start("firn", [
    "eval",
    "-E",
    "let f = n: if n == 0 then 0 else f (n - 1) + f (n - 1); in f 60",
  ]);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const startMs = performance.now();
  child.kill("SIGINT");
  const { exitCode, stderr } = await result;
  assert.equal(exitCode, 130, stderr);
  assert.ok(performance.now() - startMs < 3000);
});

test("firn: Ctrl-C during a build keeps what is built, and the next run goes on", async () => {
  using workshop = new Workshop();
  workshop.write(
    "default.nix",
    `{ seconds ? "60" }:
    let pkgs = import ${distroFolder} { }; busybox = pkgs.bootstrap.busybox or pkgs.busybox;
    in derivation { name = "slow-" + seconds; system = builtins.currentSystem; builder = "\${busybox}/bin/busybox"; args = [ "sh" "-c" "echo begun; \${busybox}/bin/busybox sleep \${seconds}; echo done > $out" ]; }`,
  );
  const { child, result } = workshop.start("firn", ["build", "--no-link", "-L", "./default.nix"]);
  child.stderr?.on("data", (text: string) => {
    if (/begun/.test(text)) child.kill("SIGINT");
  });
  assert.equal((await result).exitCode, 130);
  const again = await workshop.run("firn", ["build", "./default.nix", "--argstr", "seconds", "0"]);
  assert.equal(again.exitCode, 0, again.stderr);
  assert.match(again.stdout, /^\/nix\/store\/[a-z0-9]{32}-slow-0\n$/);
  assert.ok(existsSync(join(workshop.root, again.stdout.trim())));
  const verified = await workshop.run("compat/nix-store", ["--verify", "--check-contents"]);
  assert.equal(verified.exitCode, 0, verified.stderr);
});

/** No stack of ours, and a first line that stands for itself. */
function assertReadable({ stderr }: CommandResult): void {
  assert.doesNotMatch(stderr, /^ {4}at .*\.(ts|js|mjs):\d+/m);
  assert.doesNotMatch(stderr, /internal error/);
  assert.match(stderr, /^error: \S/m);
}
