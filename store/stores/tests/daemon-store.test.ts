import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startDaemon } from "../../daemon/tests/support/daemon-process.ts";
import { openStore } from "../open-store.ts";
import { testStore } from "./conformance.ts";

testStore("our daemon", async (folder) => {
  const root = join(folder, "root");
  mkdirSync(root);
  const daemon = await startDaemon({ root });
  const store = await openStore(daemon.url);
  return {
    store,
    close: async () => {
      await store.close();
      await daemon[Symbol.asyncDispose]();
    },
  };
});
