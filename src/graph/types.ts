import { type DType, type TensorType, tensor } from '../ir/types.ts'
import type { DatasetSchema } from './schema.ts'

/** A named axis. Within one shape a name occurs once; within one node equal names mean equal sizes. */
export interface Dim {
  readonly name: string
  readonly size: number
}

/** Element types on wires; Train's precision policy decides what `float` means on the device. */
export type WireDType = 'float' | 'int' | 'bool'

/** `float[batch, height, width, channel]` */
export interface TensorPort {
  readonly kind: 'tensor'
  readonly dtype: WireDType
  readonly dims: readonly Dim[]
}

/**
 * Tensors that belong together on one wire.
 * - `tok`: ids int[batch, length], valid bool[batch, length], eot int[batch]; `vocab` bounds the ids.
 * - `feat`: tokens float[batch, token, width], valid bool[batch, token].
 * - `pairs`: logits float[batch, batch′], the similarity of every row of one side with every row of the other;
 *   scale float[]; bias float[] where one is added; rows float[batch, embed] and columns float[batch′, embed] where
 *   logits = scale · rows · columnsᵀ + bias, for losses that never hold all logits at once.
 * - `loss`: sum float[], count float[]; the loss is sum / count, so that microbatches can be added up.
 */
export interface RecordPort {
  readonly kind: 'record'
  readonly record: 'tok' | 'feat' | 'pairs' | 'loss'
  readonly fields: Readonly<Record<string, TensorPort>>
  /** For `tok`: ids lie in [0, vocab). */
  readonly vocab?: number
}

export type DevicePort = TensorPort | RecordPort

export type HostPort =
  | { readonly kind: 'dataset'; readonly schema: DatasetSchema }
  | { readonly kind: 'tokenizer'; readonly vocabSize: number }
  | { readonly kind: 'weights' | 'optimizer' | 'schedule' | 'text' }
  /** `steps`: the record of a Train that takes so many. */
  | { readonly kind: 'report'; readonly steps?: number }
  /** A schema that is still being read, or failed to be: nothing downstream is judged. */
  | { readonly kind: 'unknown' }

export type PortType = HostPort | DevicePort
export type PortTypes = Readonly<Record<string, PortType>>

export const dim = (name: string, size: number): Dim => ({ name, size })

export const tensorPort = (dtype: WireDType, ...dims: Dim[]): TensorPort => ({ kind: 'tensor', dtype, dims })

export const isDevice = (t: PortType): t is DevicePort => t.kind === 'tensor' || t.kind === 'record'

/** What every objective gives: a sum and how many terms it has. */
export const lossPort: RecordPort = {
  kind: 'record',
  record: 'loss',
  fields: { sum: tensorPort('float'), count: tensorPort('float') },
}

const DTYPES: Record<WireDType, DType> = { float: 'f32', int: 's32', bool: 'bool' }

/** What the wire is on the device. */
export const irType = (t: TensorPort): TensorType =>
  tensor(
    DTYPES[t.dtype],
    t.dims.map(d => d.size),
  )

const showDims = (t: TensorPort): string => `${t.dtype}[${t.dims.map(d => `${d.name} ${d.size}`).join(', ')}]`

/** `float[batch 128, embed 256]`, `tok{ids int[batch 128, length 32], …}`, `dataset{image, caption}`. */
export function showPort(t: PortType): string {
  switch (t.kind) {
    case 'tensor':
      return showDims(t)
    case 'record':
      return `${t.record}{${Object.entries(t.fields)
        .map(([name, f]) => `${name} ${showDims(f)}`)
        .join(', ')}}`
    case 'dataset':
      return `dataset{${Object.keys(t.schema.fields).join(', ')}}`
    case 'tokenizer':
      return `tokenizer of ${t.vocabSize} tokens`
    default:
      return t.kind
  }
}

/** The axis of that name, or undefined. */
export const findDim = (t: TensorPort, name: string): Dim | undefined => t.dims.find(d => d.name === name)
