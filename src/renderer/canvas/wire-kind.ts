import type { Accept } from '../../graph/kit.ts'
import type { Dim, PortType, TensorPort } from '../../graph/types.ts'

/** What a wire carries, as far as its colour goes. */
export type WireKind =
  | 'float'
  | 'int'
  | 'bool'
  | 'tok'
  | 'feat'
  | 'pairs'
  | 'loss'
  | 'dataset'
  | 'tokenizer'
  | 'weights'
  | 'optimizer'
  | 'schedule'
  | 'report'
  | 'text'
  | 'unknown'

const NUMBERS: readonly WireKind[] = ['float', 'int', 'bool', 'tok', 'feat', 'pairs', 'loss']

/** Whether a wire of this kind can be watched while the graph runs. */
export const carriesNumbers = (kind: WireKind): boolean => NUMBERS.includes(kind)

export const wireColour = (kind: WireKind): string => `var(--wire-${kind})`

export function kindOfType(type: PortType | undefined): WireKind {
  if (!type) return 'unknown'
  if (type.kind === 'tensor') return type.dtype
  return type.kind === 'record' ? type.record : type.kind
}

export function kindOfAccept(accept: Accept): WireKind {
  if (accept.kind === 'host') return accept.of
  if (accept.kind === 'device') return 'unknown'
  return accept.kind === 'record' ? accept.record : accept.dtype
}

const shown = (dims: readonly Dim[]): string =>
  dims.length ? `[${dims.map(d => `${d.name} ${d.size}`).join(', ')}]` : 'scalar'

/** The field that stands for a record: its shape is the one that people think of. */
const MAIN = { tok: 'ids', feat: 'tokens', pairs: 'logits', loss: undefined } as const

const mainTensor = (type: PortType): TensorPort | undefined => {
  if (type.kind === 'tensor') return type
  const main = type.kind === 'record' ? MAIN[type.record] : undefined
  return type.kind === 'record' && main ? type.fields[main] : undefined
}

const count = (n: number, one: string): string => `${n.toLocaleString('en')} ${one}${n === 1 ? '' : 's'}`

/** The named shape, or the size in words: `[batch 128, width 256]`, `9 columns`, `4,096 tokens`. */
export function shapeOf(type: PortType | undefined): string {
  if (!type) return ''
  if (type.kind === 'dataset') {
    const { fields, rows } = type.schema
    const columns = count(Object.keys(fields).length, 'column')
    return rows === undefined ? columns : `${count(rows, 'row')} · ${columns}`
  }
  if (type.kind === 'tokenizer') return count(type.vocabSize, 'token')
  const tensor = mainTensor(type)
  return tensor ? shown(tensor.dims) : ''
}

/** `[b 128, h 64, w 64, c 3]`: the shape where there is no room for its names. */
export function briefShape(type: PortType | undefined): string {
  if (!type) return ''
  if (type.kind === 'dataset') {
    const { fields, rows } = type.schema
    return rows === undefined ? count(Object.keys(fields).length, 'column') : count(rows, 'row')
  }
  const tensor = mainTensor(type)
  if (!tensor) return shapeOf(type)
  return shown(tensor.dims.map(d => ({ ...d, name: d.name[0]! + (d.name.endsWith('′') ? '′' : '') })))
}

/** Room for a port's name and shape on a card, and the widths of a letter of each, in pixels. */
const ROOM = 206
const LETTER = 6.3
const MONO_LETTER = 6.1

/** The longest form of the shape that fits beside the port's name. */
export function fittingShape(name: string, type: PortType | undefined): string {
  const room = ROOM - name.length * LETTER
  const full = shapeOf(type)
  return full.length * MONO_LETTER <= room ? full : briefShape(type)
}

/** The word for what a wire carries: `float`, `token ids`, `dataset`. */
const WORDS: Partial<Record<WireKind, string>> = { tok: 'token ids', feat: 'features', unknown: 'reading…' }
export const wordOf = (kind: WireKind): string => WORDS[kind] ?? kind
