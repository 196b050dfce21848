interface Listed {
  readonly name: string;
  readonly contents: Uint8Array;
  readonly sha256: string;
}

interface Heading {
  readonly releaseName: string;
  readonly revision: string;
  readonly commitTime: Date;
  readonly srcUrl: string;
}

/** The page of a release. Holds nothing that depends on when it was made, so that the same release has the same bytes. */
export function indexPage({ releaseName, revision, commitTime, srcUrl }: Heading, files: readonly Listed[]): string {
  const rows = files.map(
    ({ name, contents, sha256 }) =>
      `      <tr><td><a href="${escapeHtml(name)}">${escapeHtml(name)}</a></td><td>${contents.length}</td><td><code>${sha256}</code></td></tr>\n`,
  );
  return `<!DOCTYPE html>
<html lang="en">
  <head><meta charset="utf-8"><title>${escapeHtml(releaseName)}</title></head>
  <body>
    <h1>${escapeHtml(releaseName)}</h1>
    <p>From revision <code>${escapeHtml(revision)}</code> of ${commitTime.toISOString().slice(0, 10)}, <code>${escapeHtml(srcUrl)}</code></p>
    <table>
      <tr><th>File</th><th>Bytes</th><th>SHA-256</th></tr>
${rows.join("")}    </table>
  </body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
