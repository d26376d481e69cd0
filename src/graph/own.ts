/**
 * The value of a key that the object itself has. Keys come from files, so `constructor` and `toString` must
 * not find what every object inherits.
 */
export function own<T>(object: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}
