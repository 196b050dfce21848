/**
 * Both ends of a connection as the protocol uses them: bytes to read on demand, bytes to write with the reader's pace, and
 * a signal for its end. Reading goes on a little ahead of what is asked for, since only a reader hears that the peer is
 * gone; beyond that the peer waits.
 */
import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { AppError } from "../std/app-error.ts";

export interface Transport {
  /** The next bytes, or null when the peer sends no more. */
  read(): Promise<Uint8Array | null>;
  /** Resolves when there is room for more. Never rejects: that the peer is gone is told by {@link closed}. */
  write(bytes: Uint8Array): Promise<void>;
  /** Written, but not yet taken by the kernel. */
  readonly pendingBytes: number;
  /** Aborted when the peer is gone, or {@link destroy} was called. */
  readonly closed: AbortSignal;
  /** Sends what is written, then ends. */
  end(): Promise<void>;
  destroy(): void;
}

const READ_AHEAD_BYTES = 256 * 1024;

export function streamTransport(input: Readable, output: Writable): Transport {
  return new StreamTransport(input, output);
}

export function socketTransport(socket: Socket): Transport {
  return new StreamTransport(socket, socket);
}

class StreamTransport implements Transport {
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #abort = new AbortController();
  #chunks: Uint8Array[] = [];
  #heldBytes = 0;
  #isEnded = false;
  #wake: (() => void) | null = null;

  constructor(input: Readable, output: Writable) {
    this.#input = input;
    this.#output = output;
    input.on("data", (chunk: Uint8Array) => this.#receive(chunk));
    input.on("end", () => this.#finish());
    for (const stream of [input, output]) {
      stream.on("error", () => this.#finish());
      stream.on("close", () => this.#finish());
    }
  }

  get closed(): AbortSignal {
    return this.#abort.signal;
  }

  get pendingBytes(): number {
    return this.#output.writableLength;
  }

  #receive(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > READ_AHEAD_BYTES) this.#input.pause();
    this.#wakeReader();
  }

  #finish(): void {
    this.#isEnded = true;
    this.#wakeReader();
    if (this.#abort.signal.aborted) return;
    this.#abort.abort(new AppError("DAEMON_DISCONNECTED", "The other side of the connection is gone"));
  }

  #wakeReader(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#heldBytes -= chunk.length;
        if (this.#input.isPaused() && this.#heldBytes <= READ_AHEAD_BYTES) this.#input.resume();
        return chunk;
      }
      if (this.#isEnded) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#output.destroyed || this.#output.writableEnded || this.#output.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const name of ["drain", "close", "error"]) this.#output.off(name, done);
        resolve();
      };
      for (const name of ["drain", "close", "error"]) this.#output.on(name, done);
    });
  }

  async end(): Promise<void> {
    if (this.#output.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#output.once("close", resolve);
      this.#output.once("error", () => resolve());
      this.#output.end(() => resolve());
    });
  }

  destroy(): void {
    this.#input.destroy();
    this.#output.destroy();
    this.#finish();
  }
}
