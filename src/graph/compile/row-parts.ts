import type { Builder } from '../../ir/builder.ts'
import type { Var } from '../../ir/program.ts'

/** `x` [a, n·r, z] with rows along `axis` → [n, a, r, z]: its n parts of equally many rows, one after another. */
export function splitRows(b: Builder, x: Var, axis: number, n: number): Var {
  const { shape } = x.type
  const split = b.reshape(x, [...shape.slice(0, axis), n, shape[axis]! / n, ...shape.slice(axis + 1)])
  const others = [...split.type.shape.keys()].filter(i => i !== axis)
  return b.transpose(split, [axis, ...others])
}

/** Back again: `parts` [n, a, r, z] → [a, n·r, z]. */
export function mergeRows(b: Builder, parts: Var, axis: number): Var {
  const [n, ...shape] = parts.type.shape as [number, ...number[]]
  const order = [...shape.keys()].map(i => i + 1)
  order.splice(axis, 0, 0)
  const merged = shape.map((d, i) => (i === axis ? n * d : d))
  return b.reshape(b.transpose(parts, order), merged)
}
