import type { WatchOutput } from '../../graph/compile/watch-slice.ts'
import type { Wire } from '../../graph/document.ts'
import { type GraphNodes, operandsOf } from '../../graph/slice.ts'
import type { WatchCell, WatchedTensor, WatchSide, WatchSpec } from '../../protocol/watch.ts'
import { Parts } from './bytes.ts'
import {
  attentionEntropy,
  clampAt,
  flatten,
  histogramOf,
  type Plane,
  planeOf,
  ranksOf,
  statsOf,
} from './reduce.ts'
import { floats, isPicture, picturesOf, readOf, textsOf, type WatchSample } from './sample.ts'
import { kindOf, sequenceOf } from './sequence.ts'

/** Fields of records that say most, when none is asked for. */
const TELLING = ['logits', 'tokens', 'ids', 'sum']

/** Reduces what was computed to what one view of it shows, and the bytes that go with it. */
export function reveal(
  spec: WatchSpec,
  sample: WatchSample,
  graph: GraphNodes,
): { readonly value: WatchedTensor; readonly bytes: Uint8Array } {
  const { slice } = sample
  const own = slice.outputs.filter((o, i) => o.wire === spec.wire && (i === 0 || spec.inner === undefined))
  const fields = own.map(o => o.field)
  const field = fields.find(f => f === spec.field) ?? TELLING.find(f => fields.includes(f)) ?? fields[0] ?? ''
  const place = slice.outputs.indexOf(own.find(o => o.field === field)!)
  const output = slice.outputs[place]!
  const { dims, dtype } = output.type
  const values = floats(sample.values[place]!)
  const sizes = dims.map(d => d.size)
  const entropy = kindOf(output) === 'attention' ? attentionEntropy(values, sizes.at(-1)!) : undefined
  const stats = { ...statsOf(values), ...(entropy !== undefined && { entropy }) }
  const axes = axesOf(output)
  const at = clampAt(
    spec.at,
    sizes.filter((_, i) => !axes.includes(i)),
  )
  const plane = planeOf(values, sizes, axes[0], axes[1], at)
  const parts = new Parts()
  const sides = field === 'logits' ? sidesOf(graph, spec.wire) : undefined
  const pictures = output.field === '' && isPicture(output) ? picturesOf(sample, spec.wire) : undefined
  const shown = pictures?.at(flatten(at.slice(0, -1), pictures.leading))
  const [batch] = readOf(graph, spec.wire, 'picture').concat(readOf(graph, spec.wire, 'text'), spec.wire)
  const value: WatchedTensor = {
    ...{ field, fields, inner: slice.inner, dtype, stats },
    axes: dims.map(({ name, size }) => ({ name, size })),
    histogram: histogramOf(values, stats),
    plane: { ...parts.plane(plane), axes, at },
    rowNames: dims[0]?.name === 'batch' ? sample.rowNames(batch!.split('.')[0]!) : [],
    sequence: sequenceOf({ spec, sample, graph, output, plane, at }, parts),
    ...(pictures &&
      shown && { picture: parts.picture(shown, pictures.height, pictures.width, pictures.channels) }),
    ...(sides && { sides }),
    ...(sides && spec.cell && { cell: cellOf(spec.cell, plane, spec, sample, graph, parts) }),
  }
  return { value, bytes: parts.whole() }
}

/** The inputs of a node that compares two sides. */
function sidesOf(graph: GraphNodes, wire: Wire): WatchedTensor['sides'] {
  const operands = operandsOf(graph, wire)
  const def = operands && graph.nodes.get(operands.node)!.def
  return def?.kind === 'device' ? def.pairs : undefined
}

/** The axes of the plane: the last two, height and width of maps, tokens alone of ids. */
function axesOf({ field, type: { dims } }: WatchOutput): readonly [rows: number, columns: number] {
  const last = dims.length - 1
  if (field === 'ids' || field === 'valid') return [-1, last]
  if (dims.at(-1)?.name === 'channel' && dims.at(-2)?.name === 'width' && dims.at(-3)?.name === 'height')
    return [last - 2, last - 1]
  return [last - 1 >= 0 ? last - 1 : -1, last]
}

function cellOf(
  cell: readonly [number, number],
  plane: Plane,
  spec: WatchSpec,
  sample: WatchSample,
  graph: GraphNodes,
  parts: Parts,
): WatchCell {
  const [row, column] = clampAt(cell, [plane.rows, plane.columns]) as [number, number]
  const operands = operandsOf(graph, spec.wire)!
  const side = (wire: string, index: number): WatchSide => {
    const [picture] = readOf(graph, wire, 'picture')
    const [text] = readOf(graph, wire, 'text')
    const from = picture ?? text
    const pictures = picture === undefined ? undefined : picturesOf(sample, picture)
    const texts = text === undefined ? undefined : textsOf(sample, text)
    const frames = pictures ? pictures.leading.slice(1).reduce((n, size) => n * size, 1) : 1
    return {
      row: (from && sample.rowNames(from.split('.')[0]!)[index]) ?? String(index),
      ...(texts && { text: texts.whole(index) }),
      ...(pictures && {
        picture: parts.picture(
          pictures.at(index * frames),
          pictures.height,
          pictures.width,
          pictures.channels,
        ),
      }),
    }
  }
  const { inRow, inColumn } = ranksOf(plane, row, column)
  return {
    row: side(operands.rows, row),
    column: side(operands.columns, column),
    score: plane.values[row * plane.columns + column]!,
    ...{ rankInRow: inRow, rankInColumn: inColumn, rows: plane.rows, columns: plane.columns },
  }
}
