import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readNixConf } from "./nix-conf.ts";

const folder = mkdtempSync(join(tmpdir(), "firn-nix-conf-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
}

const environment = {
  NIX_CONF_DIR: join(folder, "system"),
  XDG_CONFIG_HOME: join(folder, "user"),
  XDG_CONFIG_DIRS: join(folder, "shared"),
};

test("readNixConf takes the system's file, shared ones, the user's, then NIX_CONFIG; extra- adds", () => {
  write("system/nix.conf", "cores = 1 # few\ntrusted-users = root\ninclude more.conf\n!include none.conf\n");
  write("system/more.conf", "max-jobs = 2\n");
  write("shared/nix/nix.conf", "cores = 2\nextra-trusted-users = @wheel\n");
  write("user/nix/nix.conf", "cores = 3\n");
  const values = readNixConf({
    ...environment,
    NIX_CONFIG: "extra-trusted-users = ann\nextra-experimental-features = flakes",
  });
  assert.deepEqual(Object.fromEntries(values), {
    cores: "3",
    "trusted-users": "root @wheel ann",
    "max-jobs": "2",
    "experimental-features": "flakes",
  });
  assert.equal(readNixConf({ ...environment, NIX_USER_CONF_FILES: "" }).get("cores"), "1");
});

test("readNixConf tells of lines that are no settings and of files that are missing or include themselves", () => {
  const read = (text: string) => () => readNixConf({ NIX_CONF_DIR: folder, NIX_USER_CONF_FILES: "", NIX_CONFIG: text });
  const code = "STORE_BAD_SETTING";
  assert.throws(read("cores=1"), { code, message: "Illegal configuration line 'cores=1' in 'NIX_CONFIG'" });
  assert.throws(read(`include ${folder}/none`), {
    code,
    message: `Cannot read the configuration file '${folder}/none'`,
  });
  write("self.conf", "include self.conf\n");
  assert.throws(read(`include ${folder}/self.conf`), { code, message: /includes itself/ });
});
