import type { CaseInput } from '../../src/ir/primitive.ts'
import type { RefTensor } from '../../src/ir/reference.ts'
import { threefry } from '../../src/ir/threefry.ts'
import { elementCount, isFloat, parseType, type TensorType } from '../../src/ir/types.ts'
import { hostArray, toReference } from '../../src/runtime/host-array.ts'

/** A seeded source of numbers in [0, 1). */
export type Random = () => number

export function seeded(seed: number, stream: number): Random {
  let n = 0
  return () => threefry(seed, stream, 0, n++)[0] / 2 ** 32
}

const DEFAULT_RANGE: readonly [number, number] = [-2, 2]

const typeOf = (input: CaseInput): TensorType => parseType(typeof input === 'string' ? input : input.type)

/** What the type can really hold of the values, as doubles. */
export const rounded = (type: TensorType, values: ArrayLike<number>): RefTensor =>
  toReference(hostArray(type, values))

/**
 * Random values for a case. Floats of one range are spread over equal strata, shared between the inputs,
 * and stay in the middle half of theirs: no two come close to each other (or to 0 in a symmetric range
 * of an even count), so that maxima, comparisons and |x| are never near a kink.
 */
export function caseValues(inputs: readonly CaseInput[], random: Random): RefTensor[] {
  const types = inputs.map(typeOf)
  const ranges = inputs.map(input => (typeof input === 'string' ? DEFAULT_RANGE : input.range))
  const strata = new Map<string, number[]>()
  for (const [k, type] of types.entries()) {
    if (!isFloat(type.dtype)) continue
    const key = String(ranges[k])
    const list = strata.get(key) ?? []
    strata.set(key, list)
    for (let i = elementCount(type.shape); i > 0; i--) list.push(list.length)
  }
  for (const [key, list] of strata) {
    if (list.length % 2 === 1) list.push(list.length)
    strata.set(key, shuffled(list, random))
  }
  const counts = new Map([...strata].map(([key, list]) => [key, list.length]))
  return types.map((type, k) => {
    const [low, high] = ranges[k]!
    const list = strata.get(String(ranges[k])) ?? []
    const n = counts.get(String(ranges[k])) ?? 0
    const next = () =>
      isFloat(type.dtype)
        ? low + ((high - low) * (list.pop()! + 0.25 + random() / 2)) / n
        : low + Math.floor(random() * (high - low + 1))
    return rounded(type, Array.from({ length: elementCount(type.shape) }, next))
  })
}

function shuffled(list: readonly number[], random: Random): number[] {
  const out = [...list]
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const kept = out[i]!
    out[i] = out[j]!
    out[j] = kept
  }
  return out
}

/** Values in [-1, 1), for directions and cotangents. */
export const randomTensor = (type: TensorType, random: Random): RefTensor =>
  rounded(
    type,
    Array.from({ length: elementCount(type.shape) }, () => 2 * random() - 1),
  )
