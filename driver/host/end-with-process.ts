/**
 * Things that must not outlive this process, however it ends: they are disposed of on exit and on the signals that would
 * end it. Handlers are installed with the first thing and removed with the last, so that nothing process-wide remains.
 * (Against kill -9 nothing in this process helps; see run-record.ts and qemu-process.ts.)
 */
const things = new Set<Disposable>();
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Returns the function that takes the thing off the list again. */
export function endWithProcess(thing: Disposable): () => void {
  if (things.size === 0) install();
  things.add(thing);
  return () => {
    if (things.delete(thing) && things.size === 0) uninstall();
  };
}

function install(): void {
  process.on("exit", disposeAll);
  for (const signal of signals) process.on(signal, onSignal);
}

function uninstall(): void {
  process.off("exit", disposeAll);
  for (const signal of signals) process.off(signal, onSignal);
}

function disposeAll(): void {
  for (const thing of things) thing[Symbol.dispose]();
  things.clear();
}

/** A command that handles signals itself (and ends in order) is not cut short; alone, the process ends here. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  disposeAll();
  process.exit(signal === "SIGINT" ? 130 : 143);
}
