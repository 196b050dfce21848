/**
 * Packets of a VLAN in the classic pcap format (microseconds, Ethernet), readable by tcpdump and Wireshark. Stops at a
 * size, so that a test that copies gigabytes does not fill the disk. https://wiki.wireshark.org/Development/LibpcapFileFormat
 */
import { createWriteStream, type WriteStream } from "node:fs";

const maxBytes = 64 * 1024 * 1024;

export class PcapWriter {
  #file: WriteStream | undefined;
  #writtenBytes = 24;

  constructor(path: string) {
    this.#file = createWriteStream(path);
    this.#file.on("error", () => {
      this.#file = undefined;
    });
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(65_535, 16);
    header.writeUInt32LE(1, 20);
    this.#file.write(header);
  }

  write(frame: Buffer, timeMs: number): void {
    if (this.#file === undefined || this.#writtenBytes > maxBytes) return;
    const record = Buffer.allocUnsafe(16 + frame.length);
    record.writeUInt32LE(Math.floor(timeMs / 1000), 0);
    record.writeUInt32LE(Math.floor((timeMs % 1000) * 1000), 4);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    frame.copy(record, 16);
    this.#writtenBytes += record.length;
    this.#file.write(record);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) await new Promise<void>((resolve) => file.end(resolve));
  }
}
