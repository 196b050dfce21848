/** Cuts a stream of QEMU's `stream` net back end into Ethernet frames: each behind its length, 4 bytes, big-endian. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Frames are views into `chunk` where they can be; use them before the next call or copy them. */
  *push(chunk: Buffer): Generator<Buffer> {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (data.length >= 4) {
      const end = 4 + data.readUInt32BE(0);
      if (data.length < end) break;
      yield data.subarray(4, end);
      data = data.subarray(end);
    }
    this.#rest = data;
  }
}
