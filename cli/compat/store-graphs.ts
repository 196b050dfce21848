/** How `nix-store --query` draws references: as an indented tree, for Graphviz, as GraphML; to the byte as Nix does. */
import { isDerivationPath } from "#store/formats/store-path.ts";
import { toByteString } from "#store/std/byte-string.ts";

interface Node {
  readonly references: readonly string[];
  readonly narSizeBytes: number;
}

type NodeOf = (path: string) => Node;

/** Lines are byte strings. */
const [LAST = "", BRANCH = "", LINE = ""] = ["└───", "├───", "│   "].map(toByteString);

const edgeColours = ["black", "red", "green", "blue", "magenta", "burlywood"];

/** @param referencesOf in the order they are shown; what was shown before is marked and not opened again */
export function* referenceTree(
  paths: readonly string[],
  referencesOf: (path: string) => readonly string[],
): Generator<string> {
  const shown = new Set<string>();
  // Not recursive: closures can be deeper than a stack.
  const pending = paths.toReversed().map((path) => ({ path, first: "", rest: "" }));
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const { path, first, rest } = node;
    const isShown = shown.has(path);
    yield `${first}${path}${isShown ? " [...]" : ""}`;
    if (isShown) continue;
    shown.add(path);
    const children = referencesOf(path).map((reference, index, all) => {
      const isLast = index === all.length - 1;
      return { path: reference, first: rest + (isLast ? LAST : BRANCH), rest: rest + (isLast ? "    " : LINE) };
    });
    pending.push(...children.reverse());
  }
}

/** For `dot`: an arrow from each reference to what refers to it. */
export function* dotGraph(paths: readonly string[], nodeOf: NodeOf): Generator<string> {
  let edgeCount = 0;
  yield "digraph G {";
  for (const { path, references } of walk(paths, nodeOf)) {
    yield `"${baseName(path)}" [label = "${nameOf(path)}", shape = box, style = filled, fillcolor = "#ff0000"];`;
    for (const reference of references) {
      const colour = edgeColours[edgeCount++ % edgeColours.length];
      yield `"${baseName(reference)}" -> "${baseName(path)}" [color = "${colour}"];`;
    }
  }
  yield "}";
}

const GRAPHML_HEAD = `<?xml version='1.0' encoding='utf-8'?>
<graphml xmlns='http://graphml.graphdrawing.org/xmlns'
    xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'
    xsi:schemaLocation='http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd'>
<key id='narSize' for='node' attr.name='narSize' attr.type='int'/><key id='name' for='node' attr.name='name' attr.type='string'/><key id='type' for='node' attr.name='type' attr.type='string'/><graph id='G' edgedefault='directed'>`;

export function* graphMl(paths: readonly string[], nodeOf: NodeOf): Generator<string> {
  yield GRAPHML_HEAD;
  for (const { path, references, narSizeBytes } of walk(paths, nodeOf)) {
    const name = nameOf(path);
    yield `  <node id="${baseName(path)}">`;
    yield `    <data key="narSize">${narSizeBytes}</data>`;
    // What Nix cuts off is all behind the first dash.
    yield `    <data key="name">${name.slice(0, name.indexOf("-") + 1)}</data>`;
    yield `    <data key="type">${isDerivationPath(path) ? "derivation" : "output-path"}</data>`;
    yield "  </node>";
    for (const reference of references) yield `  <edge source="${baseName(path)}" target="${baseName(reference)}"/>`;
  }
  yield "</graph>\n</graphml>";
}

/** Each path of the closures once; of those that are known the first by name comes next. */
function* walk(paths: readonly string[], nodeOf: NodeOf): Generator<Node & { readonly path: string }> {
  const done = new Set<string>();
  const pending = new Set(paths);
  while (pending.size > 0) {
    let path = "";
    for (const candidate of pending) if (path === "" || candidate < path) path = candidate;
    pending.delete(path);
    done.add(path);
    const node = nodeOf(path);
    const references = node.references.filter((reference) => reference !== path);
    for (const reference of references) if (!done.has(reference)) pending.add(reference);
    yield { ...node, path, references };
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function nameOf(path: string): string {
  return baseName(path).slice(baseName(path).indexOf("-") + 1);
}
