import type { Sources } from "../syntax/source-file.ts";
import { type Attrs, attrsFromObject } from "../value/attrs.ts";

/** `{ file, line, column }` as `__curPos` and `unsafeGetAttrPos` give it; undefined outside of files. */
export function positionAttrs(sources: Sources, pos: number): Attrs | undefined {
  const location = sources.locate(pos);
  if (location === null || sources.fileOf(pos)?.isFile !== true) return undefined;
  return attrsFromObject({ column: location.column, file: location.file, line: location.line });
}
