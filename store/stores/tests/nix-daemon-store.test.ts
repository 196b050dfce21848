import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { untilListening } from "../../daemon/tests/support/until-listening.ts";
import { REAL_NIX_MISSING } from "../../local/tests/support/temporary-store.ts";
import { openStore } from "../open-store.ts";
import { testStore } from "./conformance.ts";

testStore(
  "real Nix's daemon",
  async (folder) => {
    const root = join(folder, "root");
    mkdirSync(root);
    const socketPath = join(folder, "socket");
    const child = spawn("nix-daemon", [], {
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        NIX_CONF_DIR: folder,
        NIX_CONFIG: "build-users-group =\nsubstituters =\nmax-jobs = 2",
        NIX_REMOTE: `local?root=${root}`,
        NIX_DAEMON_SOCKET_PATH: socketPath,
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let log = "";
    child.stderr.on("data", (chunk) => {
      log += String(chunk);
    });
    await untilListening(socketPath, () =>
      child.exitCode === null ? null : new Error(`nix-daemon did not start: ${log}`),
    );
    const store = await openStore(`unix://${socketPath}?root=${root}`);
    return {
      store,
      close: async () => {
        await store.close();
        child.kill();
        await once(child, "exit");
      },
    };
  },
  { skip: REAL_NIX_MISSING },
);
