/**
 * Gives an erofs image a volume label, which mkfs.erofs learnt only after the releases that Debian 12 has. The superblock
 * is at byte 1024: magic at 0, checksum (crc32c over the rest of its block, with its own field zero, seeded with ~0) at 4,
 * compatible features at 8, block size as a power of two at 12, volume name at 64 (16 bytes).
 * https://docs.kernel.org/filesystems/erofs.html, fs/erofs/erofs_fs.h
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { AppError } from "#store/std/app-error.ts";

const superblockOffset = 1024;
const magic = 0xe0f5e1e2;
const hasChecksum = 0x1;

export function labelErofs(imagePath: string, label: string): void {
  const file = openSync(imagePath, "r+");
  try {
    const head = Buffer.alloc(4096 - superblockOffset);
    readSync(file, head, 0, head.length, superblockOffset);
    if (head.readUInt32LE(0) !== magic) throw new AppError("DRIVER_EROFS", `'${imagePath}' is not an erofs image`);
    head.fill(0, 64, 80);
    head.write(label.slice(0, 16), 64, "latin1");
    if ((head.readUInt32LE(8) & hasChecksum) !== 0) {
      head.writeUInt32LE(0, 4);
      head.writeUInt32LE(crc32c(head), 4);
    }
    writeSync(file, head, 0, head.length, superblockOffset);
  } finally {
    closeSync(file);
  }
}

/** Castagnoli's polynomial, seeded with ~0 and not inverted at the end, as the kernel's crc32c(). */
function crc32c(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return crc >>> 0;
}
