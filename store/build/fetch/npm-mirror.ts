/** Where npm packages come from: `FIRN_MIRROR_NPM`, else what the host's npm is configured to use. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { AppError } from "../../std/app-error.ts";

/** Without a slash at the end. */
export async function npmRegistryUrl(environment: NodeJS.ProcessEnv): Promise<string> {
  const configured = environment["FIRN_MIRROR_NPM"] ?? (await askNpm(environment));
  return configured.trim().replace(/\/+$/, "");
}

async function askNpm(environment: NodeJS.ProcessEnv): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)("npm", ["config", "get", "registry"], { env: environment, cwd: "/" });
    return stdout;
  } catch (cause) {
    throw new AppError("STORE_FETCH_FAILED", "Cannot ask npm which registry it uses", {
      hint: "Install npm, or set FIRN_MIRROR_NPM to the registry's URL",
      cause,
    });
  }
}
