/**
 * Who is at the other end of a Unix socket. The kernel keeps it with the socket (SO_PEERCRED: who connected, when they
 * connected), and Node has no call that asks for it. So a short-lived perl, which every Debian has, inherits the socket
 * and asks. It looks up names and groups as well, through the host's own name services.
 *
 * What else there is, and why not: `ss` and /proc tell which processes hold the other end *now*, and a user could connect
 * and then become a set-uid program; a folder for each user is not where clients look; systemd tells only with a process
 * for each connection. Without perl nobody is told apart: a daemon then trusts nobody (see `authorization.ts`).
 */
import { spawn } from "node:child_process";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { AppError } from "../std/app-error.ts";

export interface Peer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Name, or the number when it has none. */
  readonly user: string;
  /** Name of the primary group, or its number. */
  readonly group: string;
  /** Of the groups that were asked for, those that name the user as a member. */
  readonly memberOf: readonly string[];
}

/**
 * Descriptor 3 is the socket: as one of the first three, libuv would make it blocking, for us as well, and then a client
 * that does not read would stop the whole daemon. Arguments are groups. SOL_SOCKET is 1 and SO_PEERCRED 17 on x86-64 and
 * AArch64.
 */
const SCRIPT = `
open(my $socket, "+<&=", 3) or exit 1;
my $packed = getsockopt($socket, 1, 17) or exit 1;
my ($pid, $uid, $gid) = unpack("iII", $packed);
my $user = getpwuid($uid); $user = $uid unless defined $user;
my $group = getgrgid($gid); $group = $gid unless defined $group;
my @member = grep { my @g = getgrnam($_); @g && grep { $_ eq $user } split(/ /, $g[3]) } @ARGV;
print join("\\0", $pid, $uid, $gid, $user, $group, @member);
`;
const PROGRAM = "perl";
const TIMEOUT_MS = 10_000;

/**
 * Stops reading from the socket, which goes on with `resume`.
 * @param groups names of groups whose members matter
 * @throws AppError `DAEMON_PEER_UNKNOWN`
 */
export async function peerOf(socket: Socket, groups: readonly string[]): Promise<Peer> {
  // a setting of the environment must not make perl load anything
  const child = spawn(PROGRAM, ["-e", SCRIPT, "--", ...groups], {
    stdio: ["ignore", "pipe", "ignore", socket],
    env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin" },
    timeout: TIMEOUT_MS,
  });
  if (child.stdout === null) throw unknownPeer();
  const failure = new Promise<never>((_, reject) => child.once("error", (cause) => reject(unknownPeer(cause))));
  const [pid, uid, gid, user, group, ...memberOf] = (await Promise.race([text(child.stdout), failure])).split("\0");
  if (group === undefined || user === undefined) throw unknownPeer();
  return { pid: Number(pid), uid: Number(uid), gid: Number(gid), user, group, memberOf };
}

function unknownPeer(cause?: unknown): AppError {
  return new AppError("DAEMON_PEER_UNKNOWN", "Cannot tell which user connected", {
    hint: `Install '${PROGRAM}', which asks the kernel`,
    cause,
  });
}
