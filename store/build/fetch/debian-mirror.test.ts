import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Downloader } from "./downloader.ts";

/** An archive that has the given paths and answers 404 (or another status) to others. */
async function withArchive(
  files: Readonly<Record<string, string>>,
  otherStatus: number,
  body: (url: string) => Promise<void>,
): Promise<void> {
  const server = createServer((request, response) => {
    const contents = files[request.url ?? ""];
    response.writeHead(contents === undefined ? otherStatus : 200).end(contents);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    // as: a TCP server has an address of this form
    await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

async function fetchWith(environment: NodeJS.ProcessEnv, url: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "firn-fetch-"));
  const downloader = new Downloader(environment);
  const targetPath = join(folder, "file");
  try {
    await downloader.download({ url, targetPath, onProgress: () => {}, signal: new AbortController().signal });
    return existsSync(targetPath) ? readFileSync(targetPath, "utf8") : "nothing";
  } finally {
    downloader.close();
    rmSync(folder, { recursive: true });
  }
}

test("mirror://debian tries each archive of FIRN_MIRROR_DEBIAN", async () => {
  const files = { "/security/pool/updates/a.deb": "new", "/debian/pool/main/a.deb": "old" };
  await withArchive(files, 404, async (url) => {
    const environment = { FIRN_MIRROR_DEBIAN: ` ${url}/debian/  ${url}/security ` };
    assert.equal(await fetchWith(environment, "mirror://debian/pool/updates/a.deb"), "new");
    assert.equal(await fetchWith(environment, "mirror://debian/pool/main/a.deb"), "old");
    await assert.rejects(fetchWith(environment, "mirror://debian/pool/main/b.deb"), {
      code: "STORE_FETCH_GONE",
      message: "Debian's mirror no longer has 'pool/main/b.deb'",
      hint: "A newer version has replaced it: update the lock with 'npm run seeds -- update'",
    });
  });
});

test("mirror://debian does not call a file gone that one archive would not give", async () => {
  await withArchive({}, 403, async (url) => {
    const environment = { FIRN_MIRROR_DEBIAN: `${url}/debian` };
    await assert.rejects(fetchWith(environment, "mirror://debian/pool/main/b.deb"), { code: "STORE_FETCH_FAILED" });
  });
});

test("mirror://npm is the registry of FIRN_MIRROR_NPM", async () => {
  await withArchive({ "/npm/left-pad/-/left-pad-1.0.0.tgz": "pad" }, 404, async (url) => {
    const environment = { FIRN_MIRROR_NPM: `${url}/npm/` };
    assert.equal(await fetchWith(environment, "mirror://npm/left-pad/-/left-pad-1.0.0.tgz"), "pad");
  });
});
