import assert from "node:assert/strict";
import { test } from "node:test";
import type { FetchedSource, FetchRequest } from "../io.ts";
import { LocalIo } from "./local-io.ts";
import { RestrictedIo } from "./restricted-io.ts";

class FetchesAnything extends LocalIo {
  override fetch(_request: FetchRequest): FetchedSource {
    return { storePath: "/nix/store/00000000000000000000000000000000-x", narHash: "" };
  }
}

function isFetched(url: string, allowedUris: readonly string[]): boolean {
  const inner = new FetchesAnything({
    root: "/nowhere",
    storeDir: "/nix/store",
    currentSystem: "x86_64-linux",
    readOnly: true,
    searchPath: [{ prefix: "", path: "channel:stable" }],
    environment: {},
    openStore: () => assert.fail("nothing is written"),
    log: () => {},
    realise: () => {},
    tarballTtlS: 0,
    trust: { trustedPublicKeys: [], requireSigs: true },
  });
  const io = new RestrictedIo(inner, { pure: false, allowedUris });
  try {
    io.fetch({ type: "url", url, name: "x", form: "file", sha256: null });
    return true;
  } catch (error) {
    assert.match(String(error), /access to URI '.*' is forbidden in restricted mode/);
    return false;
  }
}

test("RestrictedIo: allowedUris are wholes, folders or schemes", () => {
  const url = "https://example.org/a/b";
  for (const uri of [url, "https://example.org/a", "https://example.org/a/", "https://example.org/", "https:"]) {
    assert.equal(isFetched(url, ["http:", uri]), true, uri);
  }
  for (const uri of ["https://example.org/a/b/c", "https://example.or", "https://example.org/a/bc", "http:", ""]) {
    assert.equal(isFetched(url, [uri]), false, uri);
  }
});

test("RestrictedIo: what the search path fetches is allowed", () => {
  assert.equal(isFetched("https://channels.nixos.org/stable/nixexprs.tar.xz", []), true);
  assert.equal(isFetched("https://channels.nixos.org/other/nixexprs.tar.xz", []), false);
});
