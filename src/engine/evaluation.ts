import { DataError } from '../data/error.ts'
import { encodePadded } from '../data/tokenizer.ts'
import type { CheckedGraph, CheckedNode } from '../graph/check.ts'
import type { Wire } from '../graph/document.ts'
import type { Embedding, EvaluationContext, HostValue, Side } from '../graph/host.ts'
import { fieldsOf } from '../graph/slice.ts'
import { byteSize, elementCount, type TensorType } from '../ir/types.ts'
import type { HostArray } from '../runtime/backend.ts'
import { view } from '../runtime/host-array.ts'
import type { DeviceContext } from './context.ts'
import { tilesOf } from './evaluation-cells.ts'
import { EvaluationPrograms } from './evaluation-programs.ts'
import { type Gather, meanBytes, tokenizerOf, withPictures, withRows } from './evaluation-rows.ts'
import { type EvaluationSlices, ROWS, TILE, type WireSlice } from './evaluation-slices.ts'
import type { EngineDataset } from './values.ts'
import type { TrainedWeights, WeightWires } from './weights.ts'

/** A wire's value over a table: each field's rows one after another. */
interface Embedded extends Side {
  readonly fields: readonly { readonly name: string; readonly type: TensorType; readonly bytes: Uint8Array }[]
}

type SideName = 'rows' | 'columns'

interface Parts {
  readonly graph: CheckedGraph
  readonly node: CheckedNode
  readonly values: ReadonlyMap<Wire, HostValue>
  /** By input of the evaluator. */
  readonly datasets: ReadonlyMap<string, EngineDataset>
  readonly weights: TrainedWeights
  readonly wires: WeightWires
  readonly slices: EvaluationSlices
  readonly context: DeviceContext
}

/** One evaluator at work: its slices compiled when first asked for, its datasets read through packs. */
export class Evaluation implements EvaluationContext {
  private readonly parts: Parts
  private readonly programs: EvaluationPrograms

  constructor(parts: Parts) {
    this.parts = parts
    this.programs = new EvaluationPrograms(parts.weights, parts.wires, parts.context)
  }

  get dataset(): EngineDataset {
    return this.datasetAt('dataset')
  }

  get rowIds(): readonly string[] {
    return this.dataset.table.ids
  }

  async category(column: string, from = 'dataset') {
    const { schema, table } = this.datasetAt(from)
    const field = schema.fields[column]
    const values = table.columns[column]
    if (field?.kind !== 'category' || values?.kind !== 'category')
      throw new DataError(`"${column}" is no category column of "${from}"`)
    return { classes: field.classes, values: values.values }
  }

  hasDataset(input: string): boolean {
    return this.parts.datasets.has(input)
  }

  async texts(column: string, from = 'dataset'): Promise<readonly (readonly string[])[]> {
    const values = this.datasetAt(from).table.columns[column]
    if (values?.kind !== 'text') throw new DataError(`"${column}" is no text column of "${from}"`)
    return values.values
  }

  embedDataset(side: SideName): Promise<Side> {
    return this.overDataset(this.pairs[side], 'dataset')
  }

  embedPictures(side: SideName, column: string, from = 'dataset'): Promise<Side> {
    const { wire, slice } = this.pairs[side]
    const reading = this.reading(from)
    return withPictures(wire, column, reading, gather => this.run(slice, reading.dataset.rows, gather))
  }

  embedMeanPicture(side: SideName, column: string, from = 'dataset'): Promise<Side> {
    const { wire, slice } = this.pairs[side]
    const reading = this.reading(from)
    return withPictures(wire, column, reading, async (gather, name) => {
      const mean = await meanBytes(reading.dataset.rows, ROWS, async rows => (await gather(rows))[name]!)
      return this.run(slice, 1, async rows => {
        const pixels = new Uint8Array(rows.length * mean.length)
        rows.forEach((_, i) => {
          pixels.set(mean, i * mean.length)
        })
        return { [name]: pixels }
      })
    })
  }

  async embedTexts(side: SideName, texts: readonly string[]): Promise<Side> {
    const { graph, values } = this.parts
    const { wire, slice } = this.pairs[side]
    const field = fieldsOf(graph, [wire]).find(f => f.derivation.kind === 'text')
    const tokenizer = field && tokenizerOf(graph, field, values)
    if (field?.derivation.kind !== 'text' || !tokenizer) throw new DataError(`"${wire}" reads no text`)
    const { length } = field.derivation
    const encoded = texts.map(t => encodePadded(tokenizer.tokenizer, t, length))
    return this.run(slice, texts.length, async rows => {
      const ids = new Int32Array(rows.length * length)
      rows.forEach((r, i) => {
        ids.set(encoded[r]!.ids, i * length)
      })
      const eot = rows.map(r => encoded[r]!.eot)
      const prefix = `${field.batch}.${field.port}`
      return { [`${prefix}/ids`]: new Uint8Array(ids.buffer), [`${prefix}/eot`]: new Uint8Array(eot.buffer) }
    })
  }

  ensemble(side: Side, groups: readonly (readonly number[])[]): Side {
    const { fields } = side as Embedded
    const [field] = fields
    if (fields.length !== 1 || field!.type.shape.length !== 2)
      throw new DataError('only single embeddings can be averaged into a prompt ensemble')
    const width = field!.type.shape[1]!
    const source = view({ type: field!.type, bytes: field!.bytes })
    const out = new Float32Array(groups.length * width)
    groups.forEach((group, g) => {
      const sum = new Float64Array(width)
      for (const row of group) {
        const unit = source.subarray(row * width, (row + 1) * width)
        const length = Math.hypot(...unit) || 1
        for (let k = 0; k < width; k++) sum[k]! += unit[k]! / length
      }
      const length = Math.hypot(...sum) || 1
      for (let k = 0; k < width; k++) out[g * width + k] = sum[k]! / length
    })
    const type = { dtype: 'f32' as const, shape: [groups.length, width] }
    const embedded: Embedded = {
      rows: groups.length,
      fields: [{ name: field!.name, type, bytes: new Uint8Array(out.buffer) }],
    }
    return embedded
  }

  async similarities(rows: Side, columns: Side): Promise<Float32Array> {
    const out = new Float32Array(rows.rows * columns.rows)
    for (let i = 0; i < rows.rows; i += TILE) {
      const tileRows = upTo(i, rows.rows)
      for (let j = 0; j < columns.rows; j += TILE) {
        const tileColumns = upTo(j, columns.rows)
        const scores = await this.tile(rows, tileRows, columns, tileColumns)
        tileRows.forEach((row, k) => {
          out.set(scores.subarray(k * TILE, k * TILE + tileColumns.length), row * columns.rows + j)
        })
      }
    }
    return out
  }

  async pairScores(
    rows: Side,
    columns: Side,
    cells: readonly (readonly [row: number, column: number])[],
  ): Promise<Float32Array> {
    const out = new Float32Array(cells.length)
    for (const tile of tilesOf(cells, TILE)) {
      const scores = await this.tile(rows, tile.rows, columns, tile.columns)
      for (const { cell, row, column } of tile.cells) out[cell] = scores[row * TILE + column]!
    }
    return out
  }

  async embed(input: string, from = 'dataset'): Promise<Embedding> {
    const wire = this.parts.slices.wires.get(input)
    if (!wire) throw new DataError(`the evaluator does not name "${input}" among the wires that it needs`)
    const { rows, fields } = await this.overDataset(wire, from)
    const [field] = fields
    if (fields.length !== 1 || field!.type.shape.length > 2)
      throw new DataError(`"${wire.wire}" is not one vector or one number a row`)
    return { rows, width: field!.type.shape[1] ?? 1, values: view(field!) as Float32Array }
  }

  free(): Promise<void> {
    return this.programs.free()
  }

  private get pairs(): NonNullable<EvaluationSlices['pairs']> {
    const { pairs } = this.parts.slices
    if (!pairs) throw new DataError('the evaluator does not name a pairs wire among what it needs')
    return pairs
  }

  private datasetAt(input: string): EngineDataset {
    const dataset = this.parts.datasets.get(input)
    if (!dataset) throw new DataError(`the evaluator has no dataset at its input "${input}"`)
    return dataset
  }

  private reading(from: string) {
    return { ...this.parts, dataset: this.datasetAt(from) }
  }

  private overDataset({ wire, slice }: WireSlice, from: string): Promise<Embedded> {
    const reading = this.reading(from)
    return withRows(wire, reading, gather => this.run(slice, reading.dataset.rows, gather))
  }

  /** Runs a slice over n rows in batches; the last batch is padded by repeating its first row. */
  private async run(slice: WireSlice['slice'], n: number, gather: Gather): Promise<Embedded> {
    const fields = slice.program.outputs.map((o, i) => {
      const type = { dtype: o.value.type.dtype, shape: [n, ...o.value.type.shape.slice(1)] }
      const rowBytes = elementCount(type.shape.slice(1)) * byteSize(type.dtype)
      return { name: slice.fields[i]!.name, type, rowBytes, bytes: new Uint8Array(n * rowBytes) }
    })
    for (let from = 0; from < n; from += ROWS) {
      const count = Math.min(ROWS, n - from)
      const raws = await gather(Int32Array.from({ length: ROWS }, (_, i) => (i < count ? from + i : from)))
      const batch = slice.batch.map(i => ({ type: i.type, bytes: raws[i.name]! }))
      const results = await this.programs.call(slice, batch)
      results.forEach((r, i) => {
        const f = fields[i]!
        f.bytes.set(r.bytes.subarray(0, count * f.rowBytes), from * f.rowBytes)
      })
    }
    return { rows: n, fields }
  }

  /** The logits of up to TILE rows against up to TILE columns, [TILE × TILE]. */
  private async tile(
    rows: Side,
    tileRows: readonly number[],
    columns: Side,
    tileColumns: readonly number[],
  ): Promise<Float32Array> {
    const { operands, tile } = this.pairs
    const batch = tile.batch.map(input =>
      input.batch === operands.rows
        ? pick(rows as Embedded, input.port, input.type, tileRows)
        : pick(columns as Embedded, input.port, input.type, tileColumns),
    )
    const [logits] = await this.programs.call(tile, batch)
    return view(logits!) as Float32Array
  }
}

const upTo = (from: number, end: number): number[] =>
  Array.from({ length: Math.min(TILE, end - from) }, (_, i) => from + i)

/** These rows of an embedded field, with zeros after their end. */
function pick(side: Embedded, name: string, type: TensorType, rows: readonly number[]): HostArray {
  const field = side.fields.find(f => f.name === name)!
  const rowBytes = field.bytes.length / side.rows
  const bytes = new Uint8Array(TILE * rowBytes)
  rows.forEach((row, i) => {
    bytes.set(field.bytes.subarray(row * rowBytes, (row + 1) * rowBytes), i * rowBytes)
  })
  return { type, bytes }
}
