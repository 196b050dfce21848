/** `/a/./b//../c` -> `/a/c`, by text alone. `from` is the folder that a relative path starts at. */
export function canonicalPath(path: string, from = "/"): string {
  const full = path.startsWith("/") ? path : `${from}/${path}`;
  if (!/\/(\/|\.\.?(\/|$))|[\s\S]\/$/.test(full)) return full === "" ? "/" : full;
  const kept: string[] = [];
  for (const part of full.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") kept.pop();
    else kept.push(part);
  }
  return `/${kept.join("/")}`;
}
