/** A Unix socket on which exactly one client is expected: QEMU. */

import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { untilAborted } from "../wait/deadline.ts";

export interface OneClientServer extends Disposable {
  readonly path: string;
  /** The client, as soon as it connects. */
  client(signal: AbortSignal): Promise<Socket>;
}

export async function listenForOneClient(path: string): Promise<OneClientServer> {
  const first = Promise.withResolvers<Socket>();
  const server = createServer((socket) => {
    first.resolve(socket);
    server.close();
  });
  server.listen(path);
  await once(server, "listening");
  return {
    path,
    client: (signal) => untilAborted(first.promise, signal),
    [Symbol.dispose]: () => server.close(),
  };
}
