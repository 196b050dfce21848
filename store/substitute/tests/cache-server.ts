/** A folder behind an HTTP server for tests, with a hook to misbehave. */
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  /** `METHOD path`, in order. */
  readonly requests: readonly string[];
}

/** True: the answer is given. */
export type Misbehave = (request: IncomingMessage, response: ServerResponse) => boolean;

export async function serveFolder(folder: string, misbehave: Misbehave = () => false): Promise<TestServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    if (misbehave(request, response)) return;
    const path = join(folder, decodeURIComponent(request.url ?? "/"));
    if (!existsSync(path) || !statSync(path).isFile()) {
      response.writeHead(404).end();
      return;
    }
    const sizeBytes = statSync(path).size;
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const headers: Record<string, string | number> = { "content-length": sizeBytes - start };
    if (start > 0) headers["content-range"] = `bytes ${start}-${sizeBytes - 1}/${sizeBytes}`;
    response.writeHead(start > 0 ? 206 : 200, headers);
    createReadStream(path, { start }).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    // as: a TCP server has an address of this form
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
