import type { Equation } from '../program.ts'
import type { TensorType } from '../types.ts'

/**
 * How a value of a program over a whole batch follows from the values that the same program has over each of n equal
 * parts of it. X is the value over the batch, Xₘ that over part m. A degree is the power of n in front, such as 1 for
 * a number of rows and -1 for its inverse; null where it does not matter, for zeros.
 */
export type Parts =
  /** X = nᵈ Xₘ, the same for every part: weights, constants. */
  | { readonly kind: 'uniform'; readonly degree: Degree }
  /** X = nᵈ · the parts' Xₘ one after another along an axis. */
  | { readonly kind: 'rows'; readonly axis: number; readonly degree: Degree }
  /** X = nᵈ · mean of Xₘ over the parts: sums over rows have degree 1, means 0. */
  | { readonly kind: 'sum'; readonly degree: Degree }
  /** Made of constants alone, and different from part to part: the numbers of the rows. */
  | { readonly kind: 'position' }
  /** Nothing of the kind: rows of different parts meet. `by` is the equation where they first do. */
  | { readonly kind: 'mixed'; readonly by: Equation }

export type Degree = number | null

export const uniform = (degree: Degree): Parts => ({ kind: 'uniform', degree })
export const rows = (axis: number, degree: Degree): Parts => ({ kind: 'rows', axis, degree })
export const sumOf = (degree: Degree): Parts => ({ kind: 'sum', degree })
export const POSITION: Parts = { kind: 'position' }
export const mixed = (by: Equation): Parts => ({ kind: 'mixed', by })

/** The axes along which the whole is longer than a part. */
export const grown = (whole: TensorType, part: TensorType): number[] =>
  whole.shape.flatMap((d, i) => (d === part.shape[i] ? [] : [i]))

/** One degree for values that are added or chosen between; undefined where they disagree. */
export function sameDegree(degrees: readonly Degree[]): Degree | undefined {
  const known = [...new Set(degrees.filter(d => d !== null))]
  return known.length > 1 ? undefined : (known[0] ?? null)
}

/** The degree of a product; a zero stays one. */
export const product = (x: Degree, y: Degree): Degree => (x === null || y === null ? null : x + y)

/** Parts of which something is known. */
export type Known = Extract<Parts, { readonly degree: Degree }>

/** Whether a value is the same number in the whole and in every part, row by row. */
export const isExact = (p: Parts): boolean =>
  (p.kind === 'uniform' || p.kind === 'rows') && (p.degree === 0 || p.degree === null)

/** What is true of both: of a carry before a step and after it. Undefined where there is nothing but `mixed`. */
export function join(x: Parts, y: Parts): Parts | undefined {
  if (x.kind === 'position' || y.kind === 'position') return x.kind === y.kind ? x : undefined
  if (x.kind === 'mixed' || y.kind === 'mixed') return x.kind === 'mixed' ? x : y
  const degree = sameDegree([x.degree, y.degree])
  if (degree === undefined) return undefined
  if (x.kind === 'rows' && y.kind === 'rows') return x.axis === y.axis ? rows(x.axis, degree) : undefined
  if (x.kind === 'rows' || y.kind === 'rows') return undefined
  return x.kind === 'uniform' && y.kind === 'uniform' ? uniform(degree) : sumOf(degree)
}
