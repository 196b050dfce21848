/** The builtin builders: fetchurl over every kind of URL, and unpack-deb. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { formatHash, hashBytes } from "../formats/hash.ts";
import { writeNar } from "../formats/nar-writer.ts";
import { BuildWorkshop, errorOf, outcomesOf } from "./build-workshop.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function startServer(handler: Handler): Promise<Disposable & { readonly url: string }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // as: a TCP server has an address of this form
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.dispose]: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const sha256 = (data: string | Buffer) => formatHash(hashBytes("sha256", data), "base16");

function fetch(shop: BuildWorkshop, name: string, fixed: string, env: Record<string, string>): string {
  return shop.add({ name, builder: "builtin:fetchurl", platform: "builtin", fixed, env });
}

test("builtin:fetchurl follows redirects, retries what may pass, and tells progress", async () => {
  using shop = new BuildWorkshop();
  const body = "x".repeat(300_000);
  let failures = 0;
  using server = await startServer((request, response) => {
    if (request.url === "/start") response.writeHead(302, { location: "/busy" }).end();
    else if (failures < 2) {
      failures += 1;
      if (failures === 1) response.writeHead(503).end();
      else
        response.writeHead(200, { "content-length": body.length }).write(body.slice(0, 10), () => response.destroy());
    } else response.writeHead(200, { "content-length": body.length }).end(body);
  });
  const drv = fetch(shop, "file", sha256(body), { url: `${server.url}/start` });
  const { success, events } = await shop.build([drv]);
  assert.equal(success, true, JSON.stringify(events.at(-1)));
  assert.equal(failures, 2);
  assert.deepEqual(events[0], { type: "plan", buildCount: 0, downloadCount: 1, drvPaths: [drv] });
  const progress = events.filter((event) => event.type === "progress").at(-1);
  assert.deepEqual(progress, { type: "progress", drvPath: drv, doneBytes: body.length, totalBytes: body.length });
  assert.equal(readFileSync(shop.store.physicalPath(shop.outputOf(drv)), "latin1"), body);
});

test("builtin:fetchurl reports a wrong hash, a file that is gone and a server that is not there", async () => {
  using shop = new BuildWorkshop();
  using server = await startServer((request, response) => {
    response.writeHead(request.url === "/gone" ? 404 : request.url === "/forbidden" ? 403 : 200).end("other");
  });
  const add = (name: string, url: string) => fetch(shop, name, sha256("wanted"), { url });
  const wrong = add("wrong", `${server.url}/wrong`);
  const gone = add("gone", `${server.url}/gone`);
  const forbidden = add("forbidden", `${server.url}/forbidden`);
  const scheme = add("scheme", "gopher://host/x");
  const absent = add("absent", "file:///does/not/exist");
  const { events } = await shop.build([wrong, gone, forbidden, scheme, absent], { keepGoing: true });
  assert.equal(errorOf(events, wrong).code, "STORE_HASH_MISMATCH");
  const [got, wanted] = ["other", "wanted"].map((text) => formatHash(hashBytes("sha256", text), "sri"));
  assert.equal(errorOf(events, wrong).message, `Hash of 'wrong' is '${got}', not '${wanted}' as stated`);
  assert.equal(errorOf(events, gone).code, "STORE_FETCH_GONE");
  assert.match(errorOf(events, forbidden).message, /the server answered 403/);
  assert.match(errorOf(events, scheme).message, /unknown kind of URL/);
  assert.equal(errorOf(events, absent).code, "STORE_FETCH_GONE");
  for (const drv of [wrong, gone]) assert.equal(existsSync(shop.store.physicalPath(shop.outputOf(drv))), false);
});

test("builtin:fetchurl tries the other URLs, and makes its output executable", async () => {
  using shop = new BuildWorkshop();
  using server = await startServer((request, response) => {
    response.writeHead(request.url === "/second" ? 200 : 404).end("#!/bin/sh\n");
  });
  const urls = { url: `${server.url}/first`, urls: `${server.url}/first ${server.url}/second` };
  const narHash = narHashOf(shop, (path) => writeFileSync(path, "#!/bin/sh\n", { mode: 0o755 }));
  const drv = fetch(shop, "script", `r:${narHash}`, { ...urls, executable: "1" });
  assert.equal((await shop.build([drv])).success, true);
  assert.equal(statSync(shop.store.physicalPath(shop.outputOf(drv))).mode & 0o7777, 0o555);
});

test("builtin:fetchurl unpacks archives, compressed or not", async () => {
  using shop = new BuildWorkshop();
  const nar = narOf(shop, (path) => {
    mkdirSync(path);
    writeFileSync(join(path, "file"), "content");
    symlinkSync("file", join(path, "link"));
  });
  const archives: Record<string, Buffer> = {
    plain: nar,
    gz: gzipSync(nar),
    zst: zstdCompressSync(nar),
    xz: execFileSync("xz", ["-c"], { input: nar }),
    bz2: execFileSync("bzip2", ["-c"], { input: nar }),
  };
  const drvs = Object.entries(archives).map(([name, bytes]) => {
    const path = join(shop.root, `${name}.nar`);
    writeFileSync(path, bytes);
    return fetch(shop, name, `r:${sha256(nar)}`, { url: pathToFileURL(path).href, unpack: "1" });
  });
  const damaged = join(shop.root, "damaged.nar.xz");
  writeFileSync(damaged, (archives["xz"] ?? Buffer.alloc(0)).subarray(0, 100));
  const bad = fetch(shop, "bad", `r:${sha256(nar)}`, { url: pathToFileURL(damaged).href, unpack: "1" });
  const { events } = await shop.build([...drvs, bad], { keepGoing: true });
  for (const drv of drvs) assert.equal(errorOf(events, drv).message, "");
  for (const drv of drvs)
    assert.equal(readFileSync(`${shop.store.physicalPath(shop.outputOf(drv))}/link`, "utf8"), "content");
  assert.equal(errorOf(events, bad).code, "STORE_BAD_ARCHIVE");
});

test("builtin:unpack-deb unpacks the data of a package as dpkg-deb does", async () => {
  using shop = new BuildWorkshop();
  const tree = join(shop.root, "tree");
  mkdirSync(join(tree, "DEBIAN"), { recursive: true });
  writeFileSync(
    join(tree, "DEBIAN/control"),
    "Package: p\nVersion: 1\nArchitecture: all\nMaintainer: m\nDescription: d\n",
  );
  mkdirSync(join(tree, "usr/bin"), { recursive: true });
  writeFileSync(join(tree, "usr/bin/su"), "program", { mode: 0o4755 });
  symlinkSync("/usr/bin/su", join(tree, "usr/bin/link"));
  const expected = join(shop.root, "expected");
  for (const compression of ["xz", "gzip", "none"]) {
    const deb = join(shop.root, `${compression}.deb`);
    execFileSync("dpkg-deb", ["--root-owner-group", `-Z${compression}`, "-b", tree, deb], { stdio: "ignore" });
    execFileSync("dpkg-deb", ["-x", deb, expected]);
    const source = shop.store.addPath("p.deb", deb, { method: "flat" });
    const drv = shop.add({ name: "unpacked", builder: "builtin:unpack-deb", sources: [source], env: { deb: source } });
    assert.equal((await shop.build([drv])).success, true);
    const top = shop.store.physicalPath(shop.outputOf(drv));
    assert.equal(execFileSync("diff", ["-r", "--no-dereference", expected, top], { encoding: "utf8" }), "");
    assert.equal(statSync(`${top}/usr/bin/su`).mode & 0o7777, 0o555);
  }
});

test("builtin:unpack-deb says what is wrong with a file that is no package", async () => {
  using shop = new BuildWorkshop();
  const contents = {
    text: "no archive at all",
    empty: "!<arch>\n",
    cut: `!<arch>\n${"data.tar".padEnd(48)}${"999".padEnd(10)}\`\nxx`,
  };
  for (const [name, text] of Object.entries(contents)) {
    const source = shop.store.addText(name, text, []);
    const drv = shop.add({ name, builder: "builtin:unpack-deb", sources: [source], env: { deb: source } });
    assert.equal(errorOf((await shop.build([drv])).events, drv).code, "STORE_BAD_ARCHIVE", name);
  }
  const outside = shop.add({ name: "outside", builder: "builtin:unpack-deb", env: { deb: "/etc/passwd" } });
  assert.deepEqual(outcomesOf((await shop.build([outside])).events), { outside: "failed" });
});

function narOf(shop: BuildWorkshop, make: (path: string) => void): Buffer {
  const path = join(shop.root, "nar-source");
  make(path);
  const chunks: Buffer[] = [];
  writeNar(path, (chunk) => chunks.push(Buffer.from(chunk)));
  return Buffer.concat(chunks);
}

function narHashOf(shop: BuildWorkshop, make: (path: string) => void): string {
  return sha256(narOf(shop, make));
}
