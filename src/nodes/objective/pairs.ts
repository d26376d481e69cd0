import { GraphFault } from '../../graph/diagnostic.ts'
import { asField, type Builder, type DeviceValue, type InputTypes, port, z } from '../../graph/kit.ts'
import { type RecordPort, showPort } from '../../graph/types.ts'
import type { Similarity } from '../../nn/tiles.ts'

/** The parameter of losses that can do with a part of the logits at a time. */
export const chunkParam = {
  chunk: z
    .int()
    .min(0)
    .max(1_048_576)
    .default(0)
    .describe('Rows and columns of the logits that are held at a time; 0 for all at once.'),
}

/** Pairs of which row i pairs with column i. */
export function squarePairs(inputs: InputTypes): RecordPort {
  const pairs = port(inputs, 'pairs', 'record')
  const [rows, columns] = pairs.fields.logits!.dims
  if (rows!.size !== columns!.size)
    throw new GraphFault(
      'DT034',
      `row i pairs with column i, so the logits must be square: ${showPort(pairs)}`,
      {
        port: 'pairs',
        hint: 'Take both sides from one Batch.',
      },
    )
  return pairs
}

/** Row i pairs with column i, in chunks that fit. */
export function checkPairs(inputs: InputTypes, chunk: number): RecordPort {
  const pairs = squarePairs(inputs)
  checkChunk(pairs, 'pairs', chunk)
  return pairs
}

/** Logits at `name` can be made in chunks of this many rows and columns. */
export function checkChunk(pairs: RecordPort, name: string, chunk: number): void {
  if (chunk === 0) return
  if (!pairs.fields.rows || !pairs.fields.columns)
    throw new GraphFault('DT052', `these pairs can't be made in chunks: each has an embedding of its own`, {
      port: name,
      field: 'params.chunk',
      hint: 'Set chunk to 0.',
    })
  for (const d of pairs.fields.logits!.dims)
    if (d.size % chunk)
      throw new GraphFault('DT052', `chunks of ${chunk} don't divide ${d.size} rows: ${showPort(pairs)}`, {
        port: name,
        field: 'params.chunk',
        hint: `Choose a divisor of ${d.size}, or 0.`,
      })
}

/** What makes the logits of a pairs record. */
export function similarityOf(b: Builder, value: DeviceValue | undefined, name: string): Similarity {
  const [rows, columns, scale] = ['rows', 'columns', 'scale'].map(f => asField(value, name, f))
  const bias = (value as Readonly<Record<string, Similarity['bias']>>).bias ?? b.scalar(rows!.type.dtype, 0)
  return { rows: rows!, columns: columns!, scale: scale!, bias }
}
