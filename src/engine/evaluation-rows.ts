import { DataError } from '../data/error.ts'
import type { CheckedGraph, CheckedNode } from '../graph/check.ts'
import { type Wire, wiresOf } from '../graph/document.ts'
import type { HostValue } from '../graph/host.ts'
import { type FieldRef, fieldsOf, type GraphNodes } from '../graph/slice.ts'
import { type DeviceContext, progressOf } from './context.ts'
import { type FieldSource, openField } from './feed.ts'
import { reportBad } from './host-nodes.ts'
import { asTokenizer, type EngineDataset, type EngineTokenizer } from './values.ts'

/** The raw arrays of these rows, by the name of the batch argument. */
export type Gather = (rows: Int32Array) => Promise<Record<string, Uint8Array>>

/** The tokenizer that a text field was made with. */
export function tokenizerOf(
  graph: GraphNodes,
  field: FieldRef,
  values: ReadonlyMap<Wire, HostValue>,
): EngineTokenizer | undefined {
  const wire = tokenizerWire(graph, field)
  return wire === undefined ? undefined : asTokenizer(values.get(wire))
}

/** Where the tokenizer of a text field comes from; undefined for other fields. */
export const tokenizerWire = (graph: GraphNodes, field: FieldRef): Wire | undefined =>
  field.derivation.kind === 'text' ? wiresOf(graph.nodes.get(field.batch)!.json.in.tokenizer)[0] : undefined

interface Reading {
  readonly graph: CheckedGraph
  readonly node: CheckedNode
  readonly values: ReadonlyMap<Wire, HostValue>
  readonly dataset: EngineDataset
  readonly context: DeviceContext
}

/** Opens what a wire reads, from the same columns of an evaluation dataset, and closes it after `use`. */
export async function withRows<T>(
  wire: Wire,
  reading: Reading,
  use: (gather: Gather) => Promise<T>,
): Promise<T> {
  const fields = fieldsOf(reading.graph, [wire])
  const sources: FieldSource[] = []
  try {
    for (const f of fields) sources.push(await open(f, reading))
    return await use(async rows => {
      const raws: Record<string, Uint8Array> = {}
      for (const [i, f] of fields.entries()) {
        // Each row's first text is its canonical one.
        const got = await sources[i]!.gather(rows, () => 0)
        for (const [raw, bytes] of Object.entries(got)) raws[`${f.batch}.${f.port}/${raw}`] = bytes
      }
      return raws
    })
  } finally {
    for (const s of sources) await s.close()
  }
}

/** The same for a wire that reads one field of pictures or clips and nothing else, from a column of pictures of the dataset. */
export async function withPictures<T>(
  wire: Wire,
  column: string,
  reading: Reading,
  use: (gather: Gather, name: string) => Promise<T>,
): Promise<T> {
  const [field, ...others] = fieldsOf(reading.graph, [wire])
  const { derivation } = field ?? {}
  if (!field || (derivation?.kind !== 'image' && derivation?.kind !== 'frames') || others.length)
    throw new DataError(`"${wire}" is not made from one field of pictures alone`)
  const name = `${field.batch}.${field.port}/pixels`
  const source = await open({ ...field, derivation: { ...derivation, column } }, reading)
  try {
    return await use(async rows => ({ [name]: (await source.gather(rows, () => 0)).pixels! }), name)
  } finally {
    await source.close()
  }
}

async function open(
  field: FieldRef,
  { graph, node, values, dataset, context }: Reading,
): Promise<FieldSource> {
  const tokenizer = tokenizerOf(graph, field, values)
  const source = await openField(field.derivation, dataset, tokenizer, context, progressOf(node.id, context))
  if (source.bad.length === 0) return source
  await source.close()
  reportBad(node.id, source.bad, context)
  throw new DataError(
    `${source.bad.length} pictures of the evaluation dataset can't be decoded, first ${source.bad[0]!.where}. ` +
      'A score over the rest would not be comparable: mend or remove them.',
  )
}

/** The mean of n rows of bytes, each rounded to the nearest. */
export async function meanBytes(
  n: number,
  chunk: number,
  read: (rows: Int32Array) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  let sum: Float64Array | undefined
  for (let from = 0; from < n; from += chunk) {
    const count = Math.min(chunk, n - from)
    const bytes = await read(Int32Array.from({ length: count }, (_, i) => from + i))
    const width = bytes.length / count
    sum ??= new Float64Array(width)
    for (let r = 0; r < count; r++) for (let k = 0; k < width; k++) sum[k]! += bytes[r * width + k]!
  }
  return Uint8Array.from(sum ?? [], total => Math.round(total / n))
}
