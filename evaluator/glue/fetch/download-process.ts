/** `node download-process.ts <url> <file>`: downloads, or says why not on standard error and exits with 1. */

import { downloadFile } from "#store/api.ts";
import { isAppError } from "#store/std/app-error.ts";

const [url = "", targetPath = ""] = process.argv.slice(2);
try {
  await downloadFile(url, targetPath, process.env);
  process.exit(0);
} catch (error) {
  const hint = isAppError(error) && error.hint !== undefined ? `\nhint: ${error.hint}` : "";
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}${hint}\n`);
  process.exit(1);
}
