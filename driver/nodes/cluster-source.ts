/**
 * From the nodes that a test names to a cluster that can be booted. Inside a derivation the cluster is already built and
 * `FIRN_CLUSTER` says where; in place, `bin/firn build --json` (a process: the driver knows neither evaluator nor store)
 * evaluates and builds it, and its phases become phases of the test.
 */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "#store/std/app-error.ts";
import { physicalPath, type StoreView, stateFolders } from "../host/firn-root.ts";
import { type ClusterSpec, parseClusterSpec } from "../machine/machine-spec.ts";
import type { Journal } from "../report/journal.ts";
import { buildExpression } from "./firn-build.ts";
import { type NixExpression, type NixValue, toNix } from "./nix-text.ts";

/** A node as a NixOS module: Nix text, or a plain object. */
export type NodeSource = NixExpression | { readonly [option: string]: NixValue };

/** Nodes in a file of their own; made by {@link nodesFrom}. */
export interface NodesFile<Name extends string> {
  readonly file: string;
  readonly names: readonly Name[];
}

export type Nodes<Name extends string> = NodesFile<Name> | Readonly<Record<Name, NodeSource>>;

/** A cluster that is built: what to boot, from which store. */
export interface BuiltCluster {
  readonly spec: ClusterSpec;
  readonly storePaths: readonly string[];
  readonly view: StoreView;
}

/**
 * Nodes written in a Nix file beside the test: `{ nodes = { server = { ... }: { ... }; }; }`.
 * @param base `import.meta.url` of the test
 * @param names of the nodes, for the types of the test; checked against the file's own
 */
export function nodesFrom<const Name extends string>(
  base: string,
  path: string,
  names: readonly Name[],
): NodesFile<Name> {
  return { file: fileURLToPath(new URL(path, base)), names };
}

export async function buildCluster(
  name: string,
  nodes: Nodes<string>,
  options: { readonly journal: Journal; readonly signal?: AbortSignal | undefined },
): Promise<BuiltCluster> {
  const ready = process.env["FIRN_CLUSTER"];
  if (ready !== undefined && ready !== "") return readCluster(ready, { physicalRoot: "/" }, nodes);
  const expression = clusterExpression(name, nodes);
  const { root, output } = await buildExpression(expression, options);
  return readCluster(output, { physicalRoot: root }, nodes);
}

function clusterExpression(name: string, nodes: Nodes<string>): string {
  const file = isNodesFile(nodes) ? nodes.file : writeNodes(nodes);
  const library = join(projectFolder(), "distro", "nixos", "lib", "testing", "cluster-from-file.nix");
  return `import ${nixPath(library)} { file = ${nixPath(file)}; name = ${toNix(name)}; }`;
}

/** Inline nodes become a file, named by its content: the same nodes give the same paths again. */
function writeNodes(nodes: Readonly<Record<string, NodeSource>>): string {
  const fields = Object.entries(nodes).map(([name, node]) => `    ${toNix(name)} = ${toNix(node)};`);
  const text = `{\n  nodes = {\n${fields.join("\n")}\n  };\n}\n`;
  const folder = join(stateFolders().run, "nodes");
  const file = join(folder, `${createHash("sha256").update(text).digest("hex").slice(0, 32)}.nix`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, text);
  return file;
}

function readCluster(path: string, view: StoreView, nodes: Nodes<string>): BuiltCluster {
  const file = join(physicalPath(view, path), "cluster.json");
  if (!existsSync(file)) throw new AppError("DRIVER_SPEC", `Read '${path}': it holds no cluster.json`);
  const spec = parseClusterSpec(readFileSync(file, "utf8"), file);
  checkNames(spec, isNodesFile(nodes) ? nodes.names : Object.keys(nodes));
  const storePaths = readFileSync(physicalPath(view, spec.storePaths), "utf8").split("\n");
  return { spec, view, storePaths: storePaths.filter((line) => line !== "") };
}

function checkNames(spec: ClusterSpec, wanted: readonly string[]): void {
  const there = spec.machines.map(({ name }) => name);
  const missing = wanted.filter((name) => !there.includes(name));
  if (missing.length === 0) return;
  throw new AppError("DRIVER_NODES", `There is no node '${missing.join("', '")}' in the cluster '${spec.name}'`, {
    hint: `its nodes are: ${there.join(", ")}`,
  });
}

function isNodesFile(nodes: Nodes<string>): nodes is NodesFile<string> {
  return "names" in nodes && Array.isArray(nodes.names);
}

/** A Nix path, whatever its characters. */
function nixPath(path: string): string {
  return `(/. + ${toNix(path)})`;
}

export function projectFolder(): string {
  return process.env["FIRN_HOME"] ?? dirname(dirname(import.meta.dirname));
}
