/**
 * One string object per name. Attribute names and variables are compared and hashed all the time; interned strings are
 * flat, have their hash cached and compare by pointer. Grows with the number of distinct names in source text only.
 */
const names = new Map<string, string>();

export function intern(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  // Being a property key makes V8 turn the (sliced) string into an internalised one that owns its characters.
  const own = Object.keys({ [name]: 0 })[0] ?? name;
  names.set(own, own);
  return own;
}
