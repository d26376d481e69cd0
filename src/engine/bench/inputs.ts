import type { WeightSpec } from '../../graph/compile/weights.ts'
import { threefry } from '../../ir/threefry.ts'
import { byteLength, elementCount, type TensorType } from '../../ir/types.ts'
import type { HostArray } from '../../runtime/backend.ts'
import { startingValues } from '../weights.ts'

export const startingWeights = (specs: readonly WeightSpec[]): Map<string, HostArray> =>
  startingValues(specs, 0, undefined)

export const parametersOf = (specs: readonly WeightSpec[]): number =>
  specs.reduce((n, w) => n + elementCount(w.shape), 0)

/** Inputs as the peers find them: `input/<i>/<name>`. */
export const inputArrays = (
  names: readonly string[],
  inputs: readonly (readonly HostArray[])[],
): [string, HostArray][] =>
  inputs.flatMap((arrays, i) =>
    arrays.map((a, k): [string, HostArray] => [`input/${i}/${names[k]!.split('/').at(-1)}`, a]),
  )

/** Seeded random 32-bit words as an array's bytes: pixels, or with `of` any u32 or s32. */
export function randomArray(type: TensorType, seed: number, of = (bits: number): number => bits): HostArray {
  const bytes = new Uint8Array(byteLength(type))
  const words = new Uint32Array(bytes.buffer)
  for (let i = 0; i < words.length; i++) words[i] = of(threefry(seed, 0, i, 0)[0])
  return { type, bytes }
}
