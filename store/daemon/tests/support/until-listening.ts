import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** Waits until something accepts connections at a socket: its file is there a moment before. */
export async function untilListening(path: string, failure: () => Error | null = () => null): Promise<void> {
  for (;;) {
    const problem = failure();
    if (problem !== null) throw problem;
    const socket = connect(path);
    const accepted = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (accepted) return;
    await delay(20);
  }
}
