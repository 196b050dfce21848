import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { AptFetcher } from "./apt-fetcher.ts";

const skip = existsSync("/usr/lib/apt/apt-helper") ? false : "this host has no apt";

test("AptFetcher fetches many files in one go, and tells which of them failed", { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "firn-apt-"));
  try {
    const names = Array.from({ length: 40 }, (_, i) => `file-${i}`);
    for (const name of names) writeFileSync(join(folder, name), name);
    const fetcher = new AptFetcher();
    const progress = new Map<string, number>();
    const fetch = (name: string) =>
      fetcher.download({
        // apt takes local files from where they are: the copy method makes a copy, as the network does
        url: `copy:${join(folder, name)}`,
        targetPath: join(folder, `${name}.got`),
        onProgress: (doneBytes) => progress.set(name, doneBytes),
        signal: new AbortController().signal,
      });
    const results = await Promise.allSettled([...names, "absent"].map(fetch));
    assert.deepEqual(
      results.map(({ status }) => status),
      [...names.map(() => "fulfilled"), "rejected"],
    );
    assert.equal(results[40]?.status === "rejected" && results[40].reason.code, "STORE_FETCH_GONE");
    for (const name of names) assert.equal(readFileSync(join(folder, `${name}.got`), "utf8"), name);
    assert.equal(progress.get("file-39"), "file-39".length);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
