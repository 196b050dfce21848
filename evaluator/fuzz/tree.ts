/**
 * Programs as trees of text, so that one that shows a difference can be shrunk without knowing the grammar: every node is an
 * expression, and may be replaced by one below it or by something trivial.
 */

export interface Tree {
  readonly parts: readonly (string | Tree)[];
}

/** Template tag: literal text is text, values are nodes (or text). */
export function tree(texts: TemplateStringsArray, ...values: readonly (string | Tree | readonly Tree[])[]): Tree {
  const parts = texts.flatMap((text, n) => [text, ...partsOf(values[n])]);
  return { parts: parts.filter((part) => part !== "") };
}

function partsOf(value: string | Tree | readonly Tree[] | undefined): readonly (string | Tree)[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as string | Tree];
}

export function renderTree({ parts }: Tree): string {
  return parts.map((part) => (typeof part === "string" ? part : renderTree(part))).join("");
}

const TRIVIAL = ["1", '""', "[ ]", "{ }", "null", "true", "(x: x)"];

/** Smaller programs made by one replacement, those that remove most first. */
export function shrinkTree(root: Tree): Tree[] {
  const size = renderTree(root).length;
  const smaller = replacements(root).filter((candidate) => renderTree(candidate).length < size);
  return smaller.sort((a, b) => renderTree(a).length - renderTree(b).length);
}

function replacements(node: Tree): Tree[] {
  const children = node.parts.filter((part) => typeof part !== "string");
  const here: Tree[] = [...children, ...TRIVIAL.map((text) => ({ parts: [text] }))];
  const below = node.parts.flatMap((part, n) => {
    if (typeof part === "string") return [];
    return [{ parts: [] }, ...replacements(part)].map((candidate) => ({ parts: node.parts.with(n, candidate) }));
  });
  return [...here, ...below];
}
