import assert from "node:assert/strict";
import { test } from "node:test";
import { FlakeRefError, parseFlakeRef, printFlakeRef, type RefAttribute } from "./flake-ref.ts";

const rev = "0123456789abcdef0123456789abcdef01234567";
const narHash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
const narHashInUrl = "sha256-47DEQpj8HBSa%2B/TImW%2B5JCeuQeRkm5NMpJWZG3hSuFU%3D";

/** URL, attributes, and the URL that these are printed as when it is another. */
const cases: readonly (readonly [string, Readonly<Record<string, RefAttribute>>, string?])[] = [
  ["nixpkgs", { type: "indirect", id: "nixpkgs" }, "flake:nixpkgs"],
  ["flake:nixpkgs/23.05", { type: "indirect", id: "nixpkgs", ref: "23.05" }],
  [`nixpkgs/${rev}`, { type: "indirect", id: "nixpkgs", rev }, `flake:nixpkgs/${rev}`],
  [`flake:nixpkgs/main/${rev}`, { type: "indirect", id: "nixpkgs", ref: "main", rev }],
  ["github:NixOS/nixpkgs", { type: "github", owner: "NixOS", repo: "nixpkgs" }],
  ["github:NixOS/nixpkgs/23.05?dir=lib", { type: "github", owner: "NixOS", repo: "nixpkgs", ref: "23.05", dir: "lib" }],
  [`github:a/b/${rev}`, { type: "github", owner: "a", repo: "b", rev }],
  ["github:a/b/with/slashes", { type: "github", owner: "a", repo: "b", ref: "with/slashes" }],
  ["gitlab:a/b?ref=x", { type: "gitlab", owner: "a", repo: "b", ref: "x" }, "gitlab:a/b/x"],
  ["sourcehut:~a/b?host=example.org", { type: "sourcehut", owner: "~a", repo: "b", host: "example.org" }],
  ["/srv/flake", { type: "path", path: "/srv/flake" }, "path:/srv/flake"],
  ["path:/srv/a%20b", { type: "path", path: "/srv/a b" }],
  [`path:/srv?narHash=${narHashInUrl}`, { type: "path", path: "/srv", narHash }],
  ["path:/srv?lastModified=12", { type: "path", path: "/srv", lastModified: 12 }],
  ["git+file:///srv/repo?ref=x&shallow=1", { type: "git", url: "file:///srv/repo", ref: "x", shallow: true }],
  [`git+https://host/repo?own=1&rev=${rev}`, { type: "git", url: "https://host/repo?own=1", rev }],
  ["git+ssh://git@host/a/b", { type: "git", url: "ssh://git@host/a/b" }],
  ["git://host/repo", { type: "git", url: "git://host/repo" }],
  ["git+file:///srv/repo?dir=sub", { type: "git", url: "file:///srv/repo", dir: "sub" }],
  ["hg+https://host/repo?ref=x", { type: "hg", url: "https://host/repo", ref: "x" }],
  ["https://host/x.tar.gz", { type: "tarball", url: "https://host/x.tar.gz" }],
  ["tarball+https://host/x", { type: "tarball", url: "https://host/x" }, "https://host/x"],
  [`https://host/x.zip?a=b&narHash=${narHashInUrl}`, { type: "tarball", url: "https://host/x.zip?a=b", narHash }],
  ["file+https://host/x", { type: "file", url: "https://host/x" }, "https://host/x"],
];

test("parseFlakeRef and printFlakeRef: each kind, there and back", () => {
  for (const [url, attributes, printed = url] of cases) {
    assert.deepEqual(Object.fromEntries(parseFlakeRef(url)), attributes, url);
    assert.equal(printFlakeRef(new Map(Object.entries(attributes))), printed);
  }
});

test("parseFlakeRef: what is none is told so", () => {
  const faults: readonly (readonly [string, RegExp])[] = [
    ["./relative", /'\.\/relative' is not an absolute path/],
    ["github:only", /is invalid/],
    ["github:a/b?foo=1", /unknown parameter 'foo'/],
    ["github:a/b/x?ref=y", /multiple branch\/tag names/],
    [`github:a/b/x?rev=${rev}`, /both a commit hash and a branch/],
    ["path:/srv?foo=1", /unsupported parameter 'foo'/],
    ["path:/srv?lastModified=x", /invalid parameter 'lastModified'/],
    ["path://host/srv", /should not have an authority/],
    ["github:a/b#hello", /unexpected fragment 'hello'/],
    ["gopher://host/x", /is unsupported/],
    ["flake:a/b/c/d", /is invalid/],
    ["flake:a/b/c", /'c' is not a commit hash/],
  ];
  for (const [url, message] of faults) {
    assert.throws(
      () => parseFlakeRef(url),
      (error) => error instanceof FlakeRefError && message.test(error.message),
      url,
    );
  }
});

test("printFlakeRef: attributes that are missing or of another type are named", () => {
  assert.throws(() => printFlakeRef(new Map([["type", "github"]])), /'owner' is missing/);
  assert.throws(() => printFlakeRef(new Map<string, RefAttribute>([["type", 1]])), /'type' is not a string/);
  assert.throws(() => printFlakeRef(new Map([["type", "cvs"]])), /input type 'cvs' is unsupported/);
});
