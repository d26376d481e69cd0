import { CommandFault } from './command-fault.ts'

/** True for what JSON can hold and give back the same. */
export function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJson)
  if (typeof value !== 'object') return false
  return Object.entries(value).every(([key, inner]) => key !== '__proto__' && isJson(inner))
}

/** Puts a value at a path of nested objects and lists, or takes it out where it is undefined. */
export function setPath(
  root: Record<string, unknown>,
  path: readonly string[],
  value: unknown,
  node?: string,
): void {
  const refuse = (): never => {
    throw new CommandFault(`there is no place "${path.join('.')}" in the parameters`, node)
  }
  let holder: object = root
  for (const key of path.slice(0, -1)) {
    const inner = childOf(holder, key)
    if (typeof inner === 'object' && inner !== null) holder = inner
    else if (inner !== undefined || Array.isArray(holder) || key === '__proto__') refuse()
    // Taking something out of what isn't there changes nothing.
    else if (value === undefined) return
    else {
      const made: Record<string, unknown> = {}
      ;(holder as Record<string, unknown>)[key] = made
      holder = made
    }
  }
  const key = path.at(-1)!
  if (Array.isArray(holder)) {
    const index = Number(key)
    if (!/^\d+$/.test(key) || index > holder.length) refuse()
    if (value === undefined) holder.splice(index, 1)
    else if (!same(holder[index], value)) holder[index] = value
    return
  }
  if (key === '__proto__') refuse()
  const fields = holder as Record<string, unknown>
  if (value === undefined) delete fields[key]
  else if (!Object.hasOwn(fields, key) || !same(fields[key], value)) fields[key] = value
}

const childOf = (holder: object, key: string): unknown =>
  Object.hasOwn(holder, key) ? (holder as Record<string, unknown>)[key] : undefined

/** Equal as JSON, so that setting what is there already is no edit. */
const same = (a: unknown, b: unknown): boolean =>
  Object.is(a, b) || (typeof b === 'object' && b !== null && JSON.stringify(a) === JSON.stringify(b))
