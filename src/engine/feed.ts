import { DataError } from '../data/error.ts'
import { hashOf } from '../data/hash.ts'
import { rowsOfStep, type StepRows, variantOf } from '../data/order.ts'
import { packImages } from '../data/pack.ts'
import { packTokens } from '../data/pack-tokens.ts'
import type { BadRow } from '../data/table.ts'
import type { BatchInput } from '../graph/compile/batch-inputs.ts'
import type { Derivation } from '../graph/kit.ts'
import type { FieldRef } from '../graph/slice.ts'
import { byteLength } from '../ir/types.ts'
import type { HostArray } from '../runtime/backend.ts'
import { hostArray } from '../runtime/host-array.ts'
import type { EngineContext } from './context.ts'
import type { EngineDataset, EngineTokenizer } from './values.ts'

/** One packed column, ready to be gathered by row. */
export interface FieldSource {
  /** Rows of the table that can't be used (a picture that would not decode). */
  readonly unusable: ReadonlySet<number>
  readonly bad: readonly BadRow[]
  /** Content hash of everything it reads. */
  readonly hash: string
  /** The raw arrays of these rows; `variant` picks among a row's texts. */
  gather(
    rows: Int32Array,
    variant: (row: number, count: number) => number,
  ): Promise<Record<string, Uint8Array>>
  close(): Promise<void>
}

type Progress = (what: string, done: number, total: number) => void

/** Opens or makes the pack of one Batch field over a dataset. */
export async function openField(
  d: Derivation,
  dataset: EngineDataset,
  tokenizer: EngineTokenizer | undefined,
  context: EngineContext,
  progress: Progress,
): Promise<FieldSource> {
  const { table } = dataset
  const column = table.columns[d.column]
  if (!column) throw new DataError(`the dataset has no column "${d.column}"`)
  const { cacheDir, signal, looksOnly } = context
  const look = looksOnly ? ({ presentOnly: true, memoryLimit: 0 } as const) : undefined
  if (d.kind === 'image' || d.kind === 'frames') {
    const frames = d.kind === 'frames' ? d.frames : 1
    const decode = { size: d.size, mode: d.fit }
    const packed = await packImages(table, d.column, decode, cacheDir, {
      ...look,
      signal,
      progress: p => progress('packing pictures', p.done, p.total),
    })
    const rowBytes = d.size * d.size * 3
    return {
      unusable: new Set([...packed.index].flatMap((at, i) => (at < 0 ? [Math.floor(i / frames)] : []))),
      bad: packed.bad,
      hash: hashOf([d.kind, packed.pack.header.sha256, decode, hashOf([...packed.index])]),
      async gather(rows) {
        const pixels = new Uint8Array(rows.length * frames * rowBytes)
        const entries = Int32Array.from(
          { length: rows.length * frames },
          (_, i) => packed.index[rows[Math.floor(i / frames)]! * frames + (i % frames)]!,
        )
        await packed.pack.gather(entries, pixels)
        return { pixels }
      },
      close: () => packed.pack.close(),
    }
  }
  if (d.kind === 'text') {
    if (column.kind !== 'text' || !tokenizer) throw new DataError(`"${d.column}" needs a tokenizer`)
    const packed = await packTokens(column.values, tokenizer.tokenizer, d.length, cacheDir, {
      ...look,
      signal,
      progress: p => progress('tokenising', p.done, p.total),
    })
    return {
      unusable: new Set(),
      bad: [],
      hash: hashOf(['text', packed.pack.header.sha256, d.length, hashOf([...packed.offsets])]),
      async gather(rows, variant) {
        const ids = new Int32Array(rows.length * d.length)
        const eot = new Int32Array(rows.length)
        const entries = rows.map(r => {
          const from = packed.offsets[r]!
          return from + variant(r, packed.offsets[r + 1]! - from)
        })
        await packed.gather(entries, ids, eot)
        return { ids: new Uint8Array(ids.buffer), eot: new Uint8Array(eot.buffer) }
      },
      close: () => packed.pack.close(),
    }
  }
  const numbers = column.values as readonly number[]
  const type = { dtype: d.kind === 'float' ? ('f32' as const) : ('s32' as const), shape: [] }
  return {
    unusable: new Set(),
    bad: [],
    hash: hashOf([d.kind, numbers]),
    async gather(rows) {
      const values = Array.from(rows, r => numbers[r]!)
      return { values: hostArray({ ...type, shape: [rows.length] }, values).bytes }
    },
    async close() {},
  }
}

export interface FeedField {
  readonly ref: FieldRef
  readonly source: FieldSource
  readonly dataset: EngineDataset
}

/** The batches of one Train, in order: a pure function of (seed, Train, Batch, step). */
export class Feed {
  readonly hash: string
  private readonly fields: readonly FeedField[]
  private readonly usable = new Map<string, Int32Array>()
  private readonly seed: number
  private readonly trainId: string

  /** `like`: a feed whose Batches take the same rows here. */
  constructor(seed: number, trainId: string, fields: readonly FeedField[], like?: Feed) {
    this.seed = seed
    this.trainId = trainId
    this.fields = fields
    for (const [batch, rows] of like?.usable ?? []) this.usable.set(batch, rows)
    for (const { ref, dataset } of fields) {
      if (this.usable.has(ref.batch)) continue
      const mine = fields.filter(f => f.ref.batch === ref.batch)
      const rows = Array.from({ length: dataset.rows }, (_, r) => r)
      const good = rows.filter(r => !mine.some(f => f.source.unusable.has(r)))
      this.usable.set(ref.batch, Int32Array.from(good))
    }
    this.hash = hashOf(fields.map(f => [f.ref.batch, f.ref.port, f.source.hash, f.dataset.hash]))
  }

  /** A feed that has these fields too, over the same rows in the same order; both close what they were given. */
  with(fields: readonly FeedField[]): Feed {
    return new Feed(this.seed, this.trainId, [...this.fields, ...fields], this)
  }

  has(batch: string, port: string): boolean {
    return this.fields.some(f => f.ref.batch === batch && f.ref.port === port)
  }

  /** The dataset of a Batch, and which of its rows are in one step, in their order. */
  rowsAt(
    step: number,
    batch: string,
    batchSize: number,
  ): { readonly dataset: EngineDataset; readonly rows: readonly number[] } | undefined {
    const dataset = this.fields.find(f => f.ref.batch === batch)?.dataset
    const usable = this.usable.get(batch)
    if (!dataset || !usable) return undefined
    return { dataset, rows: [...this.taken(step, batch, usable, batchSize).rows].map(r => usable[r]!) }
  }

  private taken(step: number, batchId: string, usable: Int32Array, batchSize: number): StepRows {
    const { seed, trainId } = this
    return rowsOfStep({ rows: usable.length, batchSize, seed, trainId, batchId, step })
  }

  /** The arrays of these batch arguments for one step, in their order. */
  async batch(step: number, inputs: readonly BatchInput[]): Promise<HostArray[]> {
    const gathered = new Map<string, Record<string, Uint8Array>>()
    for (const { ref, source, dataset } of this.fields) {
      const size = inputs.find(i => i.batch === ref.batch && i.port === ref.port)?.type.shape[0]
      if (size === undefined) continue
      const usable = this.usable.get(ref.batch)!
      const { rows, epoch } = this.taken(step, ref.batch, usable, size)
      const variant = (row: number, count: number) =>
        variantOf(this.seed, epoch, dataset.table.ids[row]!, count)
      const key = `${ref.batch}.${ref.port}`
      gathered.set(
        key,
        await source.gather(
          rows.map(r => usable[r]!),
          variant,
        ),
      )
    }
    return inputs.map(i => {
      const bytes = gathered.get(`${i.batch}.${i.port}`)![i.raw]!
      if (bytes.length !== byteLength(i.type))
        throw new Error(`${i.name}: ${bytes.length} bytes for its type`)
      return { type: i.type, bytes }
    })
  }

  async close(): Promise<void> {
    for (const f of this.fields) await f.source.close()
  }
}
