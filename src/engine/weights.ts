import { DataError } from '../data/error.ts'
import type { WeightSpec } from '../graph/compile/weights.ts'
import type { Wire } from '../graph/document.ts'
import { sameShape, showType, tensor } from '../ir/types.ts'
import { initialValue } from '../nn/init.ts'
import type { Backend, DeviceArray, HostArray } from '../runtime/backend.ts'

/** A trained stage's weights: what a weights wire carries. */
export interface TrainedWeights {
  /** Content hash: the key of the stage that made them. */
  readonly hash: string
  readonly tensors: ReadonlyMap<string, HostArray>
}

/** What a stage's key needs of weights: their hash, and which there are. */
export interface WeightsIdentity {
  readonly hash: string
  readonly tensors: { has(name: string): boolean }
}

/** What weights wires carry, by wire. */
export type WeightWires = ReadonlyMap<Wire, TrainedWeights>

/**
 * The starting values of a stage's weights, by name: wired weights first, else those of the weight that it starts as,
 * else its initialiser, keyed by (seed, path).
 */
export function startingValues(
  specs: readonly WeightSpec[],
  seed: number,
  wired: TrainedWeights | undefined,
): Map<string, HostArray> {
  const byName = new Map(specs.map(w => [w.name, w]))
  const start = (spec: WeightSpec): HostArray => {
    const given = wired?.tensors.get(spec.name)
    if (given) return fitting(given, spec, 'the wired weights')
    if (spec.startsAs !== undefined) return start(byName.get(spec.startsAs)!)
    const values = initialValue(spec.init, spec.shape, seed, spec.name)
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    return { type: tensor('f32', spec.shape), bytes }
  }
  return new Map(specs.map(w => [w.name, start(w)]))
}

function fitting(given: HostArray, spec: WeightSpec, where: string): HostArray {
  const type = tensor('f32', spec.shape)
  if (given.type.dtype !== 'f32' || !sameShape(given.type.shape, spec.shape))
    throw new DataError(
      `the weight "${spec.name}" is ${showType(given.type)} in ${where} and ${showType(type)} here`,
    )
  return given
}

/** The value of a bound weight, from the wire that it names. */
export function boundValue(spec: WeightSpec, wires: WeightWires): HostArray {
  const { wire, name } = spec.bound!
  const given = wires.get(wire)?.tensors.get(name)
  if (!given)
    throw new DataError(
      `the weight "${name}" is not among those of "${wire}": the wire that is bound to them uses a node that they were not trained with`,
    )
  return fitting(given, spec, `those of "${wire}"`)
}

/** The hashes of the weights that a program is bound to, by wire. */
export function boundHashes(
  specs: readonly WeightSpec[],
  wires: ReadonlyMap<Wire, WeightsIdentity>,
): readonly (readonly string[])[] {
  const used = new Set(specs.flatMap(w => (w.bound ? [w.bound.wire] : [])))
  return [...used].sort().map(wire => [wire, wires.get(wire)?.hash ?? ''])
}

/** Uploads the weights that a program takes, by name: bound ones from their wires, the others from `weights`. */
export function uploadWeights(
  backend: Backend,
  specs: readonly WeightSpec[],
  weights: TrainedWeights,
  wires: WeightWires,
): Map<string, DeviceArray> {
  const arrayOf = (spec: WeightSpec): HostArray => {
    if (spec.role === 'bound') return boundValue(spec, wires)
    const value = weights.tensors.get(spec.name)
    if (!value)
      throw new DataError(
        `the weight "${spec.name}" is not among the trained weights: the evaluated wires use a node that this Train never saw`,
      )
    return value
  }
  return new Map(specs.map(spec => [spec.name, backend.upload(arrayOf(spec))]))
}
