/*
 * The little of ELF that relocation needs: is this a dynamic object, which interpreter and which libraries does it want.
 * 32 and 64 bit, little endian. Follows the System V ABI, chapters "ELF Header" and "Dynamic Linking".
 */
export interface DynamicObject {
  /** `PT_INTERP`, for programs. */
  readonly interpreter: string | null;
  readonly needed: readonly string[];
  readonly hasRunPath: boolean;
}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_RPATH = 15;
const DT_RUNPATH = 29;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
}

export function isElf(bytes: Buffer): boolean {
  return bytes.length >= 64 && bytes.readUInt32BE(0) === 0x7f454c46;
}

/** What a program or shared library asks of the dynamic linker; null for all else (static, relocatable, other endian). */
export function readDynamicObject(bytes: Buffer): DynamicObject | null {
  if (!isElf(bytes) || bytes[5] !== 1) return null;
  const segments = readSegments(bytes);
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  if (dynamic === undefined) return null;
  const entries = readDynamicEntries(bytes, dynamic);
  const strings = fileOffset(segments, entries.find(([tag]) => tag === DT_STRTAB)?.[1] ?? 0);
  const interpreter = segments.find(({ type }) => type === PT_INTERP);
  return {
    interpreter: interpreter === undefined ? null : readString(bytes, interpreter.offset),
    needed: entries.filter(([tag]) => tag === DT_NEEDED).map(([, value]) => readString(bytes, strings + value)),
    hasRunPath: entries.some(([tag]) => tag === DT_RPATH || tag === DT_RUNPATH),
  };
}

function readSegments(bytes: Buffer): Segment[] {
  const is64 = bytes[4] === 2;
  const table = is64 ? Number(bytes.readBigUInt64LE(32)) : bytes.readUInt32LE(28);
  const sizeBytes = bytes.readUInt16LE(is64 ? 54 : 42);
  const count = bytes.readUInt16LE(is64 ? 56 : 44);
  return Array.from({ length: count }, (_, index) => readSegment(bytes, table + index * sizeBytes, is64));
}

function readSegment(bytes: Buffer, at: number, is64: boolean): Segment {
  const type = bytes.readUInt32LE(at);
  if (!is64) {
    const [offset, address] = [bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at + 8)];
    return { type, offset, address, fileBytes: bytes.readUInt32LE(at + 16) };
  }
  const word = (offset: number): number => Number(bytes.readBigUInt64LE(at + offset));
  return { type, offset: word(8), address: word(16), fileBytes: word(32) };
}

function readDynamicEntries(bytes: Buffer, { offset, fileBytes }: Segment): [number, number][] {
  const is64 = bytes[4] === 2;
  const entries: [number, number][] = [];
  for (let at = offset; at < offset + fileBytes; at += is64 ? 16 : 8) {
    const tag = is64 ? Number(bytes.readBigInt64LE(at)) : bytes.readInt32LE(at);
    if (tag === 0) break;
    entries.push([tag, is64 ? Number(bytes.readBigUInt64LE(at + 8)) : bytes.readUInt32LE(at + 4)]);
  }
  return entries;
}

function fileOffset(segments: readonly Segment[], address: number): number {
  const holder = segments.find(
    (segment) =>
      segment.type === PT_LOAD && address >= segment.address && address < segment.address + segment.fileBytes,
  );
  return holder === undefined ? address : address - holder.address + holder.offset;
}

function readString(bytes: Buffer, at: number): string {
  return bytes.toString("latin1", at, bytes.indexOf(0, at));
}
