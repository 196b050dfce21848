type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Absent in place of undefined, as exact optional properties want it. */
export function withoutUndefined<T extends object>(options: T): Partial<Defined<T>> {
  // What is left has no undefined in it.
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<Defined<T>>;
}
