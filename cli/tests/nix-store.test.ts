/** Our `nix-store` and real Nix's, word for word the same command lines on copies of one store: the same on standard output. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { deleteTree } from "../../store/local/delete-tree.ts";
import { BuildWorkshop } from "../../store/tests/build-workshop.ts";
import { projectFolder } from "../project.ts";

const hasNix = spawnSync("nix-store", ["--version"]).status === 0;
const skip = hasNix ? false : "real Nix is not installed";

interface Answer {
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Paths of the store that all invocations are about. */
interface Names {
  readonly base: string;
  readonly top: string;
  readonly topDev: string;
  readonly topDrv: string;
  readonly baseDrv: string;
  readonly lost: string;
}

const folder = mkdtempSync(join(tmpdir(), "firn-nix-store-"));
const master = join(folder, "master");
let names: Names;
let copies = 0;

before(async () => {
  if (skip !== false) return;
  using shop = new BuildWorkshop();
  const baseDrv = shop.add({ name: "base-1.0", script: "mkdir $out; echo same > $out/a; echo same > $out/b" });
  const topDrv = shop.add({
    name: "top-lib-2",
    outputs: ["out", "dev"],
    inputs: [baseDrv],
    env: { quoted: "it's\n'two' lines", base: shop.outputOf(baseDrv) },
    script: "echo $base $out $dev > $dev; echo $base > $out",
  });
  const { success } = await shop.build([topDrv]);
  assert.ok(success);
  const lost = shop.store.addText("lost", "nobody needs it", []);
  const [top, topDev, base] = [shop.outputOf(topDrv), shop.outputOf(topDrv, "dev"), shop.outputOf(baseDrv)];
  names = { base, top, topDev, topDrv, baseDrv, lost };
  shop.store.close();
  execFileSync("cp", ["-a", shop.root, master]);
  const roots = join(master, "nix/var/nix/gcroots");
  symlinkSync(top, join(roots, "top"));
  symlinkSync(base, join(roots, "a-base"));
});

after(() => deleteTree(folder));

function copyOfStore(): string {
  const root = join(folder, `copy-${copies++}`);
  execFileSync("cp", ["-a", master, root]);
  return root;
}

function run(whose: "real" | "our", root: string, args: readonly string[], input: string | Buffer = ""): Answer {
  const [program, ...first] =
    whose === "real" ? ["nix-store"] : [process.execPath, join(projectFolder, "bin/compat/nix-store")];
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, NIX_CONF_DIR: folder, HOME: folder };
  const config = "build-users-group =\nsubstitute = false\nsandbox = true";
  const result = spawnSync(program ?? "", [...first, "--store", root, ...args], {
    env: { ...env, NIX_CONFIG: config },
    input,
    cwd: folder,
    maxBuffer: 2 ** 28,
  });
  return { exitCode: result.status, stdout: result.stdout, stderr: result.stderr.toString() };
}

/** On fresh copies when something changes, else on the master. */
function assertSame(args: readonly string[], input: string | Buffer = "", prepare: (root: string) => void = () => {}) {
  const [ourRoot, realRoot] = [copyOfStore(), copyOfStore()];
  for (const root of [ourRoot, realRoot]) prepare(root);
  const ours = run("our", ourRoot, args, input);
  const reals = run("real", realRoot, args, input);
  const mask = (answer: Answer, root: string) => answer.stdout.toString("latin1").replaceAll(root, "<root>");
  assert.equal(mask(ours, ourRoot), mask(reals, realRoot), `${args.join(" ")}\n${ours.stderr}\n${reals.stderr}`);
  assert.equal(ours.exitCode === 0, reals.exitCode === 0, `${args.join(" ")}\n${ours.stderr}\n${reals.stderr}`);
  deleteTree(ourRoot);
  deleteTree(realRoot);
  return { ours, reals };
}

test("nix-store --query answers as real Nix does", { skip }, () => {
  const { top, topDev, topDrv, base, baseDrv, lost } = names;
  const queries = [
    ["--outputs", topDrv, baseDrv],
    [topDrv],
    ["--requisites", top],
    ["-R", topDrv, lost],
    ["-R", "--include-outputs", topDrv],
    ["--references", top, topDev, base],
    ["--references", topDrv],
    ["--referrers", base],
    ["--referrers-closure", base, baseDrv],
    ["--deriver", top, base, lost],
    ["-d", topDev],
    ["-b", "quoted", topDrv],
    ["--binding", "name", top, baseDrv],
    ["--hash", top, topDrv],
    ["--size", top, topDrv, base],
    ["--tree", top],
    ["--tree", topDrv, top],
    ["--graph", topDrv, topDev],
    ["--graphml", topDrv, topDev],
    ["--resolve", top],
    ["-R", "--use-output", topDrv],
    ["--size", "-u", topDrv],
    ["--referrers", "/nix/store/00000000000000000000000000000000-none"],
    ["--references", "/nix/store/00000000000000000000000000000000-none"],
    ["-b", "nothing", topDrv],
    ["-b", "x", lost],
    ["--hash", "--size", top],
  ];
  const root = copyOfStore();
  for (const query of queries) {
    const [ours, reals] = [run("our", root, ["-q", ...query]), run("real", root, ["-q", ...query])];
    assert.equal(ours.stdout.toString("latin1"), reals.stdout.toString("latin1"), `${query.join(" ")} ${ours.stderr}`);
    assert.equal(ours.exitCode === 0, reals.exitCode === 0, `${query.join(" ")} ${ours.stderr} ${reals.stderr}`);
  }
  const roots = (whose: "our" | "real") =>
    run(whose, root, ["-q", "--roots", baseDrv]).stdout.toString().split("\n").sort();
  assert.deepEqual(roots("our"), roots("real"));
  assert.equal(roots("our").length, 3);
});

test("nix-store's operations print what real Nix prints", { skip }, () => {
  const { top, topDrv, base, lost } = names;
  const hash = "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73";
  const none = "/nix/store/00000000000000000000000000000000-none";
  writeFileSync(join(folder, "file"), "text\n");
  assertSame(["--print-env", topDrv]);
  assertSame(["--dump-db"]);
  assertSame(["--dump-db", top, lost, base]);
  assertSame(["--check-validity", top, base]);
  assertSame(["--check-validity", top, none]);
  assertSame(["--check-validity", "--print-invalid", none, top]);
  assertSame(["--print-fixed-path", "sha256", hash, "name"]);
  assertSame(["--print-fixed-path", "--recursive", "sha256", hash, "name"]);
  assertSame(["--add", "file"]);
  assertSame(["--add-fixed", "--recursive", "sha1", "file"]);
  assertSame(["--add-fixed", "md5", "file"]);
  assertSame(["--verify"]);
  assertSame(["--verify", "--check-contents"]);
  assertSame(["--verify-path", top, lost]);
  assertSame(["--gc", "--print-roots"]);
  assertSame(["--gc", "--print-live"]);
  assertSame(["--gc", "--print-dead"]);
  assertSame(["--delete", lost]);
  assertSame(["--delete", base]);
  assertSame(["-r", top]);
  assertSame(["-r", topDrv]);
  assertSame(["--dump", join(folder, "file")]);
});

test("exports are the same bytes, and each reads the other's", { skip }, () => {
  const root = copyOfStore();
  const paths = [names.top, names.topDev, names.base, names.topDrv, names.lost];
  const closure = run("real", root, ["-qR", ...paths])
    .stdout.toString()
    .trim()
    .split("\n");
  // the order of the operands does not matter
  const ours = run("our", root, ["--export", ...closure.toReversed()]);
  const reals = run("real", root, ["--export", ...closure]);
  assert.ok(ours.stdout.equals(reals.stdout), ours.stderr);
  for (const whose of ["our", "real"] as const) {
    const target = join(folder, `imported-${whose}`);
    const imported = run(whose, target, ["--import"], reals.stdout);
    assert.equal(imported.stdout.toString(), `${closure.join("\n")}\n`, imported.stderr);
    assert.equal(run("real", target, ["--verify", "--check-contents"]).exitCode, 0);
    const dump = (which: "our" | "real") => run(which, target, ["--dump-db"]).stdout.toString();
    assert.equal(dump("our"), dump("real"));
  }
  const damaged = Buffer.from(reals.stdout);
  for (const cut of [1, 8, 100, damaged.length - 8, damaged.length - 100]) {
    const answer = run("our", join(folder, "cut"), ["--import"], damaged.subarray(0, cut));
    assert.equal(answer.exitCode, 1, `cut at ${cut}`);
  }
});

test("a database that one dumped the other loads", { skip }, () => {
  const dump = run("real", copyOfStore(), ["--dump-db"]).stdout;
  for (const whose of ["our", "real"] as const) {
    const root = join(folder, `loaded-${whose}`);
    mkdirSync(join(root, "nix"), { recursive: true });
    execFileSync("cp", ["-a", join(master, "nix/store"), join(root, "nix")]);
    const loaded = run(whose, root, ["--load-db"], dump);
    assert.equal(loaded.exitCode, 0, loaded.stderr);
    assert.equal(run("real", root, ["--dump-db"]).stdout.toString(), dump.toString());
    const verified = run("real", root, ["--verify", "--check-contents"]);
    assert.equal(verified.exitCode, 0, verified.stderr);
  }
  // Real Nix 2.8 looks for what it registers below `/`, so only ours is run.
  const root = join(folder, "registered");
  mkdirSync(join(root, "nix"), { recursive: true });
  execFileSync("cp", ["-a", join(master, "nix/store"), join(root, "nix")]);
  const registered = run("our", root, ["--register-validity"], `${names.lost}\n\n0\n`);
  assert.equal(registered.exitCode, 0, registered.stderr);
  assert.equal(run("real", root, ["--verify-path", names.lost]).exitCode, 0);
});

test("links of --add-root have real Nix's names", { skip }, () => {
  const links = (whose: "our" | "real") => {
    const root = copyOfStore();
    const place = join(folder, `links-${whose}`);
    mkdirSync(place);
    const args = ["-r", names.topDrv, names.base, "--add-root", join(place, "result"), "--indirect"];
    const { stdout, stderr } = run(whose, root, args);
    return { stdout: stdout.toString().replaceAll(place, ""), names: readdirSync(place), stderr };
  };
  const [ours, reals] = [links("our"), links("real")];
  assert.deepEqual([ours.names, ours.stdout], [reals.names, reals.stdout], ours.stderr);
});

test("--optimise links what real Nix links, and each goes on where the other ended", { skip }, () => {
  const linkedBy = (whose: "our" | "real") => {
    const root = copyOfStore();
    const { exitCode, stderr } = run(whose, root, ["--optimise"]);
    assert.equal(exitCode, 0, stderr);
    const store = join(root, "nix/store");
    const stat = execFileSync("find", [store, "-mindepth", "1", "-printf", "%P %y %m %n %T@\\n"], { encoding: "utf8" });
    return {
      root,
      stderr: stderr.split("\n").filter((line) => line.includes("freed")),
      files: stat.split("\n").sort(),
    };
  };
  const [ours, reals] = [linkedBy("our"), linkedBy("real")];
  assert.deepEqual(ours.files.filter(isNotTop), reals.files.filter(isNotTop));
  assert.deepEqual(ours.stderr, reals.stderr);
  assert.match(ours.stderr.join(), /hard-linking [1-9]/);
  for (const { root } of [ours, reals]) {
    assert.equal(run("real", root, ["--verify", "--check-contents"]).exitCode, 0);
    for (const whose of ["our", "real"] as const)
      assert.match(run(whose, root, ["--optimise"]).stderr, /0\.00 MiB freed by hard-linking 0 files/);
  }
  const links = join(ours.root, "nix/store/.links");
  assert.ok(readdirSync(links).length > 0);
  assert.equal(run("our", ours.root, ["--delete", "--ignore-liveness", names.base, names.top]).exitCode, 0);
  assert.equal(run("real", ours.root, ["--verify", "--check-contents"]).exitCode, 0);
});

/** The times of `.links` and what is in it are not anybody's concern. */
function isNotTop(line: string): boolean {
  return !line.startsWith(".links ");
}

test("--repair builds damaged paths again; what has no derivation is told of", { skip }, () => {
  const { base, top, topDev, lost } = names;
  const root = copyOfStore();
  const store = join(root, "nix/store");
  const damage = (path: string, contents: string) => {
    const file = join(store, path.slice("/nix/store/".length));
    chmodSync(file, 0o644);
    writeFileSync(file, contents);
  };
  const damageAll = () => {
    damage(`${base}/a`, "bent\n");
    deleteTree(join(store, top.slice("/nix/store/".length)));
  };
  const isWell = () => run("real", root, ["--verify", "--check-contents"]).exitCode === 0;
  damageAll();
  const told = run("our", root, ["--verify", "--check-contents"]);
  assert.equal(told.exitCode, 1);
  assert.match(told.stderr, /base-1\.0' was modified/);
  const before = run("our", root, ["--dump-db"]).stdout.toString();
  const repaired = run("our", root, ["--verify", "--check-contents", "--repair"]);
  assert.equal(repaired.exitCode, 0, repaired.stderr);
  assert.equal(isWell(), true);
  assert.equal(run("real", root, ["--dump-db"]).stdout.toString(), before);

  damage(topDev, "bent\n");
  assert.equal(run("our", root, ["--repair-path", topDev]).exitCode, 0);
  assert.equal(isWell(), true);

  damage(lost, "bent\n");
  const hopeless = run("our", root, ["--repair-path", lost]);
  assert.equal(hopeless.exitCode, 1);
  assert.match(hopeless.stderr, /no derivation is known/);
  damage(lost, "nobody needs it");
  assert.equal(run("our", root, ["--repair-path", lost]).exitCode, 0);
});

test("--realise --check builds again and fails when the result differs", { skip }, () => {
  const root = copyOfStore();
  assert.equal(run("our", root, ["-r", "--check", names.topDrv]).exitCode, 0);
  // as if the build had given something else, consistently
  const file = join(root, "nix/store", names.topDev.slice("/nix/store/".length));
  chmodSync(file, 0o644);
  writeFileSync(file, "other\n");
  const path = `${names.topDev}\n\n0\n`;
  assert.equal(run("our", root, ["--register-validity", "--reregister"], path).exitCode, 0);
  const differs = run("our", root, ["-r", "--check", names.topDrv]);
  assert.notEqual(differs.exitCode, 0);
  assert.match(differs.stderr, /may not be deterministic: output '.*-dev' differs/);
  assert.equal(readFileSync(file, "utf8"), "other\n");
  const never = run("our", root, ["--delete", "--ignore-liveness", names.top]);
  assert.equal(never.exitCode, 0, never.stderr);
  assert.match(run("our", root, ["-r", "--check", names.topDrv]).stderr, /checking is not possible/);
});

test("keys of --generate-binary-cache-key belong together", () => {
  const [secret, open] = [join(folder, "key.sec"), join(folder, "key.pub")];
  assert.equal(run("our", join(folder, "keys"), ["--generate-binary-cache-key", "me-1", secret, open]).exitCode, 0);
  assert.equal(statSync(secret).mode & 0o777, 0o600);
});
