/**
 * The system calls a builder may not make, as a seccomp program (classic BPF over `struct seccomp_data`), the same as in
 * Nix: no set-user-id or set-group-id bits, since a build's files belong to a user of the host while it runs; and no
 * extended attributes (so no ACLs and no capabilities on files), since a NAR cannot hold them.
 * Source: seccomp(2), linux/seccomp.h, the kernel's tables of system calls.
 */

interface SystemCalls {
  /** AUDIT_ARCH_* */
  readonly architecture: number;
  /** Number -> which argument is the mode. */
  readonly chmods: readonly (readonly [number, 1 | 2])[];
  readonly setxattrs: readonly number[];
}

const X86_64: SystemCalls = {
  architecture: 0xc000003e,
  chmods: [
    [90, 1],
    [91, 1],
    [268, 2],
  ],
  setxattrs: [188, 189, 190],
};
const I386: SystemCalls = {
  architecture: 0x40000003,
  chmods: [
    [15, 1],
    [94, 1],
    [306, 2],
  ],
  setxattrs: [226, 227, 228],
};
const AARCH64: SystemCalls = {
  architecture: 0xc00000b7,
  chmods: [
    [52, 1],
    [53, 2],
  ],
  setxattrs: [5, 6, 7],
};
const TABLES_BY_HOST: Readonly<Record<string, readonly SystemCalls[]>> = { x64: [X86_64, I386], arm64: [AARCH64] };

/** Younger calls, with one number everywhere, that programs can do without: fchmodat2, setxattrat. */
const ABSENT_CALLS = [452, 463];
/** Numbers from here on are x32, which nobody builds for and whose calls are not in the tables. */
const FIRST_X32_CALL = 0x40000000;

const LOAD_WORD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER_EQUAL = 0x35;
const JUMP_BITS_SET = 0x45;
const RETURN = 0x06;

const NUMBER_OFFSET = 0;
const ARCHITECTURE_OFFSET = 4;
const ARGUMENTS_OFFSET = 16;
const ARGUMENT_BYTES = 8;

const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const FAIL = 0x00050000;
const EPERM = 1;
const ENOSYS = 38;
const ENOTSUP = 95;
const SET_ID_BITS = 0o6000;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

const load = (offset: number): Instruction => [LOAD_WORD, 0, 0, offset];
const answer = (action: number): Instruction => [RETURN, 0, 0, action];

/** Runs `body`, which must end in an answer, when the loaded word equals `value`. */
function whenEqual(value: number, body: readonly Instruction[]): Instruction[] {
  return [[JUMP_EQUAL, 0, body.length, value], ...body];
}

function forbidSetIdBits(callNumber: number, modeArgument: number): Instruction[] {
  const modeOffset = ARGUMENTS_OFFSET + ARGUMENT_BYTES * modeArgument;
  return whenEqual(callNumber, [
    load(modeOffset),
    [JUMP_BITS_SET, 0, 1, SET_ID_BITS],
    answer(FAIL | EPERM),
    answer(ALLOW),
  ]);
}

function rulesOf({ architecture, chmods, setxattrs }: SystemCalls): Instruction[] {
  return whenEqual(architecture, [
    load(NUMBER_OFFSET),
    [JUMP_GREATER_EQUAL, 0, 1, FIRST_X32_CALL],
    answer(FAIL | ENOSYS),
    ...chmods.flatMap(([callNumber, modeArgument]) => forbidSetIdBits(callNumber, modeArgument)),
    ...setxattrs.flatMap((callNumber) => whenEqual(callNumber, [answer(FAIL | ENOTSUP)])),
    ...ABSENT_CALLS.flatMap((callNumber) => whenEqual(callNumber, [answer(FAIL | ENOSYS)])),
    answer(ALLOW),
  ]);
}

/** For bubblewrap's `--seccomp`; null on a host whose calls are not known here. */
export function seccompFilter(hostArchitecture: string): Buffer | null {
  const tables = TABLES_BY_HOST[hostArchitecture];
  if (tables === undefined) return null;
  const program = [load(ARCHITECTURE_OFFSET), ...tables.flatMap(rulesOf), answer(KILL_PROCESS)];
  return Buffer.concat(program.map(encode));
}

function encode([code, ifTrue, ifFalse, value]: Instruction): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(value, 4);
  return bytes;
}
