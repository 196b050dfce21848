/**
 * Finds the project's own modules without asking the file system: `./x.ts` and `#part/x.ts` say where they are. Node's own
 * way (symlinks, package scopes) takes a third of the time that loading the evaluator takes.
 */
import { registerHooks } from "node:module";

const project = new URL("../../", import.meta.url).href;

/** For all modules that this thread imports from now on. */
export function resolveQuickly(): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const url = ownModule(specifier, context.parentURL);
      return url === null ? nextResolve(specifier, context) : { url, format: "module-typescript", shortCircuit: true };
    },
  });
}

function ownModule(specifier: string, parent: string | undefined): string | null {
  if (!specifier.endsWith(".ts") || parent?.startsWith(project) !== true || parent.includes("/node_modules/"))
    return null;
  if (specifier.startsWith("#")) return project + specifier.slice(1);
  return specifier.startsWith(".") ? new URL(specifier, parent).href : null;
}
