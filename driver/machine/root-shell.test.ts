import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { Duplex, PassThrough } from "node:stream";
import { after, test } from "node:test";
import { AppError } from "#store/std/app-error.ts";
import { RootShell } from "./root-shell.ts";

/** A guest that is a bash of this host: the same protocol, without a machine. */
function hostShell(): { readonly shell: RootShell; readonly end: () => void } {
  const child = spawn("bash", ["-c", 'echo junk; echo "Spawning backdoor root shell..."; exec bash --norc'], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const shell = new RootShell("host");
  shell.attach(Duplex.from({ readable: child.stdout, writable: child.stdin }));
  return { shell, end: () => child.stdin.end() };
}

const { shell, end } = hostShell();
const never = new AbortController().signal;
after(end);

async function run(command: string, timeoutMs = 20_000): Promise<{ status: number; stdout: string; stderr: string }> {
  const { status, stdout, stderr } = await shell.run(command, timeoutMs, never);
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

test("run: status and both outputs come back apart", async () => {
  assert.deepEqual(await run("echo out; echo err >&2; exit 3"), { status: 3, stdout: "out\n", stderr: "err\n" });
  assert.deepEqual(await run("true"), { status: 0, stdout: "", stderr: "" });
});

test("run: quotes, newlines and other bytes survive in both directions", async () => {
  const text = 'it\'s "quoted" $HOME `x` \\ \n ü €';
  assert.equal((await run(`cat <<'END'\n${text}\nEND`)).stdout, `${text}\n`);
  const { stdout } = await shell.run("printf '\\000\\377\\r\\n\\000'", 20_000, never);
  assert.deepEqual([...stdout], [0, 255, 13, 10, 0]);
});

test("run: what the encoding uses for itself survives", async () => {
  const text = "=a:b%3A%25%0A:\\ \r \t  \n\n  ";
  const quoted = `printf '%s' '${text}'`;
  assert.deepEqual(await run(`${quoted}; ${quoted} >&2`), { status: 0, stdout: text, stderr: text });
  assert.equal((await run("printf '\\302\\344:'; head -c 9000 /dev/zero | tr '\\0' :")).stdout.length, 9_003);
});

test("run: a command's own state does not leak into the next command", async () => {
  await run("cd /; x=1; exec 2>/dev/null; trap 'echo trapped' EXIT; set +e; exit 0");
  assert.deepEqual(await run("[ ! -v x ]; echo unset; false; echo not reached"), {
    status: 1,
    stdout: "unset\n",
    stderr: "",
  });
});

test("run: a syntax error fails the command alone", async () => {
  assert.notEqual((await run("if then (")).status, 0);
  assert.equal((await run("echo fine")).stdout, "fine\n");
});

test("run: an interrupt reaches a command's children", async () => {
  assert.match((await run("sleep 5 & kill -INT $!; wait $! || echo ended")).stdout, /ended/);
});

test("run: a failing part of a pipe and an unset variable fail the command", async () => {
  assert.equal((await run("false | true")).status, 1);
  assert.notEqual((await run('echo "$no_such_variable"')).status, 0);
});

test("run: standard input is empty", async () => {
  assert.deepEqual(await run("cat"), { status: 0, stdout: "", stderr: "" });
});

test("run: a background child that keeps the output open does not hold up the result", async () => {
  const start = performance.now();
  assert.equal((await run("sleep 3 & echo now")).stdout, "now\n");
  assert.ok(performance.now() - start < 2_500);
});

test("run: what a command prints on /dev/stdout comes back", async () => {
  assert.equal((await run("echo a >/dev/stdout")).stdout, "a\n");
});

test("run: a late child of an earlier command does not write into a later answer", async () => {
  await run("(sleep 0.3; echo late) &");
  assert.equal((await run("sleep 0.6; echo mine")).stdout, "mine\n");
});

test("run: many commands at once are answered one by one, each with its own answer", async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => run(`echo ${index}`)));
  assert.deepEqual(
    answers.map(({ stdout }) => stdout.trim()),
    Array.from({ length: 40 }, (_, index) => String(index)),
  );
});

test("run: megabytes come back whole", async () => {
  const { stdout } = await run("head -c 3000000 /dev/zero | tr '\\0' x");
  assert.equal(stdout.length, 3_000_000);
});

test("run: a command that takes too long is ended in the guest", async () => {
  const start = performance.now();
  assert.equal((await run("(sleep 60; echo child) | cat", 1_000)).status, 143);
  assert.ok(performance.now() - start < 4_000);
  assert.equal((await run("echo next; sleep 0.1", 1_000)).stdout, "next\n");
});

test("run: a caller that gives up does not spoil the next command", async () => {
  const abort = new AbortController();
  const given = shell.run("sleep 0.5; echo old", 20_000, abort.signal);
  const reason = new Error("enough");
  setTimeout(() => abort.abort(reason), 100);
  await assert.rejects(given, reason);
  assert.equal((await run("echo new")).stdout, "new\n");
});

/** A guest whose lines the test writes itself. */
function scripted(): { readonly shell: RootShell; readonly guest: PassThrough; readonly sent: () => string } {
  const guest = new PassThrough();
  let sent = "";
  const scriptedShell = new RootShell("scripted");
  const host = new PassThrough();
  host.on("data", (chunk: Buffer) => {
    sent += chunk.toString();
  });
  scriptedShell.attach(Duplex.from({ readable: guest, writable: host }));
  return { shell: scriptedShell, guest, sent: () => sent };
}

const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

test("ready: the banner may come in pieces, and only an answer makes the shell ready", async () => {
  const { shell: slow, guest, sent } = scripted();
  guest.write("[   1.0] kernel noise\nSpawning back");
  await tick();
  assert.equal(sent(), "");
  guest.write("door root shell...\n");
  await tick();
  assert.equal(slow.isReady, false);
  assert.match(sent(), /printf 'firn:%s:/);
  guest.write("an echo of firn:%s: hello\nfirn:hello:\n");
  await slow.ready(never);
  assert.equal(slow.isReady, true);
});

test("run: junk between command and answer is skipped", async () => {
  const { shell: noisy, guest } = scripted();
  guest.write("Spawning backdoor root shell...\n");
  await tick();
  guest.write("firn:hello:\n");
  const answer = noisy.run("true", 10_000, never);
  await tick();
  guest.write("audit: something\nfirn:9:0::\nnoise firn:1:7:aGk=:\n");
  const { status, stdout } = await answer;
  assert.deepEqual([status, stdout.toString()], [7, "hi"]);
});

test("reset: the pending command is rejected with the reason, and a new banner begins anew", async () => {
  const { shell: rebooting, guest } = scripted();
  guest.write("Spawning backdoor root shell...\n");
  await tick();
  guest.write("firn:hello:\n");
  const answer = rebooting.run("true", 10_000, never);
  answer.catch(() => {});
  await tick();
  const reason = new AppError("DRIVER_MACHINE_REBOOTED", "Rebooted");
  rebooting.reset(reason);
  await assert.rejects(answer, reason);
  assert.equal(rebooting.isReady, false);
  guest.write("Spawning backdoor root shell...\n");
  await tick();
  guest.write("firn:hello:\n");
  await rebooting.ready(never);
});

test("reset: a second banner means that the old shell is gone", async () => {
  const { shell: replaced, guest } = scripted();
  guest.write("Spawning backdoor root shell...\n");
  await tick();
  guest.write("firn:hello:\n");
  const answer = replaced.run("kill -9 $PPID", 10_000, never);
  answer.catch(() => {});
  await tick();
  guest.write("Spawning backdoor root shell...\n");
  await assert.rejects(answer, { code: "DRIVER_SHELL_LOST" });
});
