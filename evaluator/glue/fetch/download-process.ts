/**
 * `node download-process.ts <url> <file> [<ETag>]`: downloads unless the server still has the version of that ETag, and
 * prints what it said as JSON; or says why not on standard error and exits with 1.
 */

import { downloadFile } from "#store/api.ts";
import { isAppError } from "#store/std/app-error.ts";

const [url = "", targetPath = "", knownETag] = process.argv.slice(2);
try {
  const options = { environment: process.env, ...(knownETag === undefined ? {} : { knownETag }) };
  const answer = await downloadFile(url, targetPath, options);
  process.stdout.write(JSON.stringify(answer), () => process.exit(0));
} catch (error) {
  const hint = isAppError(error) && error.hint !== undefined ? `\nhint: ${error.hint}` : "";
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}${hint}\n`);
  process.exit(1);
}
