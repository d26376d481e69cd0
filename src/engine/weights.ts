import { DataError } from '../data/error.ts'
import type { WeightSpec } from '../graph/compile/weights.ts'
import { sameShape, showType, tensor } from '../ir/types.ts'
import { initialValue } from '../nn/init.ts'
import type { Backend, DeviceArray, HostArray } from '../runtime/backend.ts'

/** A trained stage's weights: what a weights wire carries. */
export interface TrainedWeights {
  /** Content hash: the key of the stage that made them. */
  readonly hash: string
  readonly tensors: ReadonlyMap<string, HostArray>
}

/** The starting value of a weight: wired weights first, else its initialiser, keyed by (seed, path). */
export function startingValue(spec: WeightSpec, seed: number, wired: TrainedWeights | undefined): HostArray {
  const type = tensor('f32', spec.shape)
  const given = wired?.tensors.get(spec.name)
  if (given) {
    if (given.type.dtype !== 'f32' || !sameShape(given.type.shape, spec.shape))
      throw new DataError(
        `the weight "${spec.name}" is ${showType(given.type)} in the wired weights and ${showType(type)} here`,
      )
    return given
  }
  const values = initialValue(spec.init, spec.shape, seed, spec.name)
  return { type, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) }
}

/** Uploads the weights that a program takes, by name. */
export function uploadWeights(
  backend: Backend,
  specs: readonly WeightSpec[],
  weights: TrainedWeights,
): Map<string, DeviceArray> {
  const arrays = new Map<string, DeviceArray>()
  for (const spec of specs) {
    const value = weights.tensors.get(spec.name)
    if (!value)
      throw new DataError(
        `the weight "${spec.name}" is not among the trained weights: the evaluated wires use a node that this Train never saw`,
      )
    arrays.set(spec.name, backend.upload(value))
  }
  return arrays
}
