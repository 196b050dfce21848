/** One stanza of a Debian control file (`Packages`, `Sources`): field name in lower case -> value. */
export type ControlStanza = ReadonlyMap<string, string>;

/** Reads the stanzas of a control file one by one; continuation lines keep their line breaks, lose their indentation. */
export function* parseControlStanzas(text: string): Generator<ControlStanza> {
  for (const block of text.split(/\n{2,}/)) {
    const stanza = parseStanza(block);
    if (stanza.size > 0) yield stanza;
  }
}

function parseStanza(block: string): Map<string, string> {
  const fields = new Map<string, string>();
  let current = "";
  for (const line of block.split("\n")) {
    if (line.startsWith(" ") || line.startsWith("\t")) {
      fields.set(current, `${fields.get(current) ?? ""}\n${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    current = line.slice(0, colon).toLowerCase();
    fields.set(current, line.slice(colon + 1).trim());
  }
  return fields;
}

/**
 * The names in a dependency field: one array of alternatives for each comma-separated part. Versions, architectures and
 * build profiles are dropped, since a lock takes all packages from one suite, where they agree.
 */
export function parseDependencies(field: string | undefined): string[][] {
  return (field ?? "")
    .split(",")
    .map((part) => part.split("|").map((alternative) => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(alternative)?.[1] ?? ""))
    .map((alternatives) => alternatives.filter((name) => name !== ""))
    .filter((alternatives) => alternatives.length > 0);
}
