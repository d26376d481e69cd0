import { GraphFault } from '../../graph/diagnostic.ts'
import type { EvaluationContext } from '../../graph/host.ts'
import type { InputSpec } from '../../graph/kit.ts'
import { measuredInputs } from './inputs.ts'

/** What the evaluators take that learn classes from frozen embeddings. */
export const frozenInputs: Readonly<Record<'embedding' | 'train' | 'dataset' | 'weights', InputSpec>> = {
  embedding: {
    accepts: { kind: 'tensor', dtype: 'float', dims: ['batch', '*'] },
    doc: 'The embeddings to judge, one vector a row.',
  },
  train: { accepts: { kind: 'host', of: 'dataset' }, doc: 'The rows to learn from.' },
  ...measuredInputs,
}

/** Vectors with their classes: [rows, width], row-major. */
export interface LabelledRows {
  readonly rows: number
  readonly width: number
  readonly values: Float64Array
  readonly labels: readonly number[]
}

interface PlacedRows extends LabelledRows {
  /** Which rows of their dataset they are. */
  readonly places: readonly number[]
}

/** The embedded rows of both datasets that have a class; classes of both are matched by name. */
export async function frozenRows(
  context: EvaluationContext,
  label: string,
): Promise<{
  readonly classes: readonly string[]
  readonly train: PlacedRows
  readonly test: PlacedRows
}> {
  const known = await context.category(label, 'train')
  const asked = await context.category(label)
  const classes = [...new Set([...known.classes, ...asked.classes])]
  const read = async (from: string, { classes: own, values }: typeof known): Promise<PlacedRows> => {
    const rows = values.flatMap((v, i) => (v >= 0 ? [i] : []))
    if (rows.length === 0) throw new GraphFault('DT050', `no row has a class in "${label}"`, { port: from })
    const { width, values: all } = await context.embed('embedding', from)
    const kept = new Float64Array(rows.length * width)
    rows.forEach((row, k) => {
      kept.set(all.subarray(row * width, (row + 1) * width), k * width)
    })
    const labels = rows.map(row => classes.indexOf(own[values[row]!]!))
    return { rows: rows.length, width, values: kept, labels, places: rows }
  }
  return { classes, train: await read('train', known), test: await read('dataset', asked) }
}

/** Vectors of length 1; a zero vector stays. */
export function unitRows(values: ArrayLike<number>, width: number): Float64Array {
  const out = Float64Array.from(values)
  for (let from = 0; from < out.length; from += width) {
    const row = out.subarray(from, from + width)
    const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0)) || 1
    for (let k = 0; k < width; k++) row[k]! /= length
  }
  return out
}
