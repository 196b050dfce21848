/**
 * Finds, while a log goes by, the line that says best why a build failed. The end of a log is often of no use: a kernel
 * prints its registers, make says "Error 1". Firn's own driver marks the reason of a failed test; otherwise the first
 * line that calls itself an error is where it began to go wrong.
 */
export class TellingLine {
  #reason: string | null = null;
  #error: string | null = null;
  #isReasonNext = false;

  push(line: string): void {
    if (this.#isReasonNext && /^\s+\S/.test(line)) {
      this.#reason ??= shorten(line);
    }
    this.#isReasonNext = line.startsWith("✗ ");
    if (this.#error === null && errorLine.test(line)) {
      this.#error = shorten(line);
    }
  }

  get text(): string | null {
    return this.#reason ?? this.#error;
  }
}

const errorLine = /(?:^|[\s:])(?:fatal )?error: |^error\b|kernel panic|assertion failed/i;
const longest = 300;

function shorten(line: string): string {
  const text = line.trim().replaceAll("\0", "");
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
