/** Colours and sizes of the terminal. All progress goes to standard error; standard output carries results only. */
export const isColourful: boolean =
  process.env["NO_COLOR"] === undefined && (process.stderr.isTTY === true || process.env["FORCE_COLOR"] !== undefined);

function paint(code: string): (text: string) => string {
  return (text) => (isColourful ? `\u001b[${code}m${text}\u001b[0m` : text);
}

export const bold: (text: string) => string = paint("1");
export const dim: (text: string) => string = paint("2");
export const red: (text: string) => string = paint("31");
export const green: (text: string) => string = paint("32");
export const yellow: (text: string) => string = paint("33");

/** A terminal that can redraw lines; CI logs and files cannot. */
export const isLive: boolean =
  process.stderr.isTTY === true && process.env["CI"] === undefined && process.env["TERM"] !== "dumb";

/** How wide and in which colours values are shown on standard output. */
export function paper(): { readonly width: number; readonly color: boolean } {
  const color =
    process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined && process.env["TERM"] !== "dumb";
  return { width: Math.min(process.stdout.columns ?? 80, 120), color };
}

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** `850 ms`, `12.3 s`, `2 min 05 s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 60_000) return `${(durationMs / 1000).toFixed(1)} s`;
  const totalS = Math.round(durationMs / 1000);
  return `${Math.floor(totalS / 60)} min ${String(totalS % 60).padStart(2, "0")} s`;
}

/** `12.3 MB`. */
export function formatSize(sizeBytes: number): string {
  if (sizeBytes < 1000) return `${sizeBytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = sizeBytes / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit] ?? ""}`;
}
