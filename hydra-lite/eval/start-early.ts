/**
 * Asks a source for its first value at once, so that what is behind it (a process) starts before anybody iterates.
 * Abandoning it before that needs the source's own abort signal: a generator that waits cannot be returned from.
 */
export function startEarly<T>(source: AsyncIterable<T>): AsyncIterable<T> {
  const iterator = source[Symbol.asyncIterator]();
  const first = iterator.next();
  // Whoever iterates hears of a failure; when nobody does, it must not end the process.
  first.catch(() => {});
  return continueFrom(first, iterator);
}

async function* continueFrom<T>(first: Promise<IteratorResult<T>>, iterator: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    for (let result = await first; result.done !== true; result = await iterator.next()) {
      yield result.value;
    }
  } finally {
    await iterator.return?.();
  }
}
