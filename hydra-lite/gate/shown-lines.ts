const shownLines = 10;

/** The end of a log, without blank lines at its end. */
export function lastLinesOf(text: string | undefined): string[] {
  return linesOf(text).slice(-shownLines);
}

/** The beginning of an error's details. */
export function firstLinesOf(text: string | undefined): string[] {
  return linesOf(text).slice(0, shownLines);
}

function linesOf(text: string | undefined): string[] {
  const trimmed = (text ?? "").trimEnd();
  return trimmed === "" ? [] : trimmed.split("\n");
}
