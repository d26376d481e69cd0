import type { Builder } from '../builder.ts'
import type { Var } from '../program.ts'

/** Element i of part r becomes element parts · i + r along `axis`. */
export function interleave(b: Builder, parts: readonly Var[], axis: number): Var {
  if (parts.length === 1) return parts[0]!
  const shape = parts[0]!.type.shape
  const apart = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)]
  const joined = b.concatenate(
    parts.map(p => b.reshape(p, apart)),
    axis + 1,
  )
  return b.reshape(
    joined,
    shape.map((n, i) => (i === axis ? n * parts.length : n)),
  )
}
