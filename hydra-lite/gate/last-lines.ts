const shownLines = 10;

/** The end of a log, without blank lines at its end. */
export function lastLinesOf(log: string | undefined, count: number = shownLines): string[] {
  const text = (log ?? "").trimEnd();
  return text === "" ? [] : text.split("\n").slice(-count);
}
