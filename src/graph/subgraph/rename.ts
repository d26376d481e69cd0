import { type NodeJson, splitWire, type Wire, wiresOf } from '../document.ts'

/** Follows `{ "$node": id }` and leaves everything else as it is; `renamed` gives the new path of a node. */
export function renameReferences<T>(value: T, renamed: (path: string) => string): T {
  const walk = (v: unknown): unknown => {
    if (Array.isArray(v)) return v.map(walk)
    if (typeof v !== 'object' || v === null) return v
    const fields = Object.entries(v).map(([key, inner]) =>
      key === '$node' && typeof inner === 'string' ? [key, renamed(inner)] : [key, walk(inner)],
    )
    return Object.fromEntries(fields)
  }
  return walk(value) as T
}

/** The node with each wire as one, several or none; an input that is left without wires is not in the file. */
export function rewire(node: NodeJson, change: (wire: Wire) => readonly Wire[]): NodeJson['in'] {
  const wired = Object.entries(node.in).flatMap(([port, given]): [string, Wire | readonly Wire[]][] => {
    const wires = wiresOf(given).flatMap(change)
    if (wires.length === 0) return []
    return [[port, typeof given === 'string' && wires.length === 1 ? wires[0]! : wires]]
  })
  return Object.fromEntries(wired)
}

/** The first part of a node's path, and the rest with its slash. */
export const headOf = (path: string): readonly [string, string] => {
  const slash = path.indexOf('/')
  return slash < 0 ? [path, ''] : [path.slice(0, slash), path.slice(slash)]
}

export const producerOf = (wire: Wire): string => splitWire(wire).node

/** The name itself, or with the first number that makes it unlike any that is taken. */
export function freshName(stem: string, taken: { has(name: string): boolean }): string {
  if (!taken.has(stem)) return stem
  const base = stem.replace(/_\d+$/, '')
  for (let n = 2; ; n++) if (!taken.has(`${base}_${n}`)) return `${base}_${n}`
}
