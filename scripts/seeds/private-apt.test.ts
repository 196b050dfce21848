import assert from "node:assert/strict";
import { test } from "node:test";
import { downloadSettings } from "./private-apt.ts";

test("downloadSettings keeps how to download, and no hooks nor indexes", () => {
  const dump = [
    'APT::Update::Post-Invoke-Success:: "touch /var/cache/host";',
    'Acquire::http::Proxy "http://proxy.test:3128";',
    'Acquire::IndexTargets::deb::Contents-deb "";',
    'Acquire::Languages:: "de";',
    'Acquire::Retries "5";',
    'Dir::Cache "var/cache/apt";',
  ];
  assert.deepEqual(downloadSettings(dump.join("\n")), [dump[1], dump[4]]);
});
