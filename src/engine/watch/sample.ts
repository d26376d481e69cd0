import type { WatchOutput, WatchSlice } from '../../graph/compile/watch-slice.ts'
import type { Wire } from '../../graph/document.ts'
import { fieldsOf, type GraphNodes } from '../../graph/slice.ts'
import type { WatchToken } from '../../protocol/watch.ts'
import type { HostArray } from '../../runtime/backend.ts'
import { view } from '../../runtime/host-array.ts'
import type { EngineTokenizer } from '../values.ts'

/** What a watch program made, and the rows that it made it of. */
export interface WatchSample {
  readonly slice: WatchSlice
  readonly values: readonly HostArray[]
  /** Names of the rows of a Batch, in their order. */
  readonly rowNames: (batch: string) => readonly string[]
  /** Of a Batch field of texts. */
  readonly tokenizer: (wire: Wire) => EngineTokenizer | undefined
}

/** Values as float32; whole numbers and truth values too. */
export function floats(array: HostArray): Float32Array {
  const values = view(array)
  return values instanceof Float32Array ? values : Float32Array.from(values)
}

/** Pictures of a Batch that a program gives beside what is watched: float [leading…, height, width, channel]. */
export interface Pictures {
  readonly wire: Wire
  /** Sizes of the leading axes. */
  readonly leading: readonly number[]
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly at: (index: number) => Float32Array
}

/** Texts of a Batch: token by token, and as a whole without start and end. */
export interface Texts {
  readonly wire: Wire
  readonly length: number
  readonly at: (row: number) => readonly WatchToken[]
  readonly whole: (row: number) => string
}

const indexOf = (slice: WatchSlice, wire: Wire, field: string): number =>
  slice.outputs.findIndex(o => o.wire === wire && o.field === field)

/** Whether a tensor holds pictures: its last axes are height, width and one or three channels. */
export function isPicture({ type }: Pick<WatchOutput, 'type'>): boolean {
  const [height, width, channel] = type.dims.slice(-3)
  return (
    type.dtype === 'float' &&
    height?.name === 'height' &&
    width?.name === 'width' &&
    channel?.name === 'channel' &&
    (channel.size === 1 || channel.size === 3)
  )
}

export function picturesOf({ slice, values }: WatchSample, wire: Wire): Pictures | undefined {
  const place = indexOf(slice, wire, '')
  const output = slice.outputs[place]
  if (!output || !isPicture(output)) return undefined
  const sizes = output.type.dims.map(d => d.size)
  const [height, width, channels] = sizes.slice(-3) as [number, number, number]
  const all = floats(values[place]!)
  const one = height * width * channels
  return {
    ...{ wire, leading: sizes.slice(0, -3), height, width, channels },
    at: index => all.subarray(index * one, (index + 1) * one),
  }
}

export function textsOf(sample: WatchSample, wire: Wire): Texts | undefined {
  const { slice, values } = sample
  const [idsAt, validAt] = [indexOf(slice, wire, 'ids'), indexOf(slice, wire, 'valid')]
  const tokenizer = sample.tokenizer(wire)
  if (idsAt < 0 || validAt < 0 || !tokenizer) return undefined
  const length = slice.outputs[idsAt]!.type.dims.at(-1)!.size
  const ids = view(values[idsAt]!)
  const valid = view(values[validAt]!)
  const at = (row: number) =>
    Array.from({ length }, (_, i): WatchToken => {
      const id = ids[row * length + i]!
      const isValid = valid[row * length + i] !== 0
      return { text: pieceOf(tokenizer, id), valid: isValid }
    })
  const { bos, eos, pad } = tokenizer.tokenizer
  const whole = (row: number) => {
    const own = [...ids.subarray(row * length, (row + 1) * length)]
    const words = own.filter((id, i) => valid[row * length + i] && id !== bos && id !== eos && id !== pad)
    return tokenizer.tokenizer.decode(words)
  }
  return { wire, length, at, whole }
}

function pieceOf({ tokenizer }: EngineTokenizer, id: number): string {
  if (id === tokenizer.bos) return '⟨start⟩'
  if (id === tokenizer.eos) return '⟨end⟩'
  if (id === tokenizer.pad) return '⟨pad⟩'
  return tokenizer.decode([id])
}

/** The Batch fields of one kind that a wire reads. */
export const readOf = (graph: GraphNodes, wire: Wire, kind: 'picture' | 'text'): readonly Wire[] =>
  fieldsOf(graph, [wire]).flatMap(({ batch, port, derivation: { kind: found } }) => {
    const isOf = kind === 'text' ? found === 'text' : found === 'image' || found === 'frames'
    return isOf ? [`${batch}.${port}`] : []
  })
