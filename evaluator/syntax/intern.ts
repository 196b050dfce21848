/**
 * One string object per name. Attribute names and variables are compared and hashed all the time; interned strings are
 * flat, have their hash cached and compare by pointer. Grows with the number of distinct names in source text only.
 */
const names = new Map<string, string>();
/** Holds one name for a moment. Without a prototype it is a plain table: an object literal would be a hidden class a name. */
const scratch: Record<string, true> = Object.create(null);

export function intern(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  // Being a property key makes V8 turn the (sliced) string into an internalised one that owns its characters.
  scratch[name] = true;
  const own = Object.keys(scratch)[0] ?? name;
  delete scratch[name];
  names.set(own, own);
  return own;
}
