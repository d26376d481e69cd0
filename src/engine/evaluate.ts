import { DataError } from '../data/error.ts'
import { hashOf } from '../data/hash.ts'
import { encodePadded } from '../data/tokenizer.ts'
import type { CheckedGraph, CheckedNode } from '../graph/check.ts'
import { buildPairSlice, buildWireSlice, type EvalSlice } from '../graph/compile/eval-slice.ts'
import { inheritedPrecision } from '../graph/compile/precision.ts'
import { type Wire, wiresOf } from '../graph/document.ts'
import type { EvaluationContext, HostValue, Report, Side } from '../graph/host.ts'
import type { EvaluatorNode } from '../graph/kit.ts'
import { type FieldRef, fieldsOf, operandsOf, wireOf } from '../graph/slice.ts'
import { printProgram } from '../ir/print.ts'
import { byteSize, elementCount, type TensorType } from '../ir/types.ts'
import type { Executable, HostArray } from '../runtime/backend.ts'
import { view } from '../runtime/host-array.ts'
import { codeOf } from './code-hash.ts'
import { type DeviceContext, keepIfPossible, progressOf, Stopped } from './context.ts'
import { batchArguments } from './devices.ts'
import { type FieldSource, openField } from './feed.ts'
import { reportBad } from './host-nodes.ts'
import { readReport, writeReport } from './report-cache.ts'
import { asDataset, asTokenizer, type EngineDataset } from './values.ts'
import { boundHashes, type TrainedWeights, uploadWeights, type WeightWires } from './weights.ts'

/** Rows of a slice's batch and of a tile of similarities. */
export const ROWS = 128
export const TILE = 256

/** An operand embedded over a table: each field's rows one after another. */
interface Embedded extends Side {
  readonly fields: readonly { readonly name: string; readonly type: TensorType; readonly bytes: Uint8Array }[]
}

/** Measures one evaluator on the weights it is wired to, or takes its report from the cache. */
export async function runEvaluator(
  graph: CheckedGraph,
  node: CheckedNode,
  values: ReadonlyMap<Wire, HostValue>,
  weights: TrainedWeights,
  wires: WeightWires,
  options: { readonly fresh: boolean },
  context: DeviceContext,
): Promise<Report> {
  const def = node.def as EvaluatorNode
  const needs = def.needs(node.params)
  const pairs = wireOf(node, needs.pairs)!
  const operands = operandsOf(graph, pairs)!
  const dataset = asDataset(values.get(wireOf(node, 'dataset')!))
  const precision = inheritedPrecision(graph, node)
  const tile = buildPairSlice(graph, pairs, operands, TILE, TILE, precision)
  const sides = {
    rows: buildWireSlice(graph, operands.rows, ROWS, precision),
    columns: buildWireSlice(graph, operands.columns, ROWS, precision),
  }
  const tokenizers = fieldsOf(graph, [operands.rows, operands.columns]).flatMap(f =>
    tokenizerOfField(graph, f, values),
  )
  const slices = [tile, sides.rows, sides.columns]
  const bound = boundHashes(
    slices.flatMap(s => s.weights),
    wires,
  )
  const parts = {
    code: hashOf(codeOf(def, context.codeHash)),
    params: hashOf(node.params),
    inputs: hashOf([dataset.hash, tokenizers.map(t => t.hash)]),
    weights: bound.length ? hashOf([weights.hash, bound]) : weights.hash,
    program: hashOf(slices.map(s => printProgram(s.program))),
    engine: context.backend.fingerprint,
  }
  const why = context.reasons?.note(node.id, parts, options.fresh)
  const key = hashOf([node.id, parts])
  const attribution = dataset.schema.attribution
  if (!options.fresh) {
    const cached = await readReport(context.cacheDir, key)
    if (cached) {
      context.emit({ type: 'node', node: node.id, state: 'cached' })
      return cached
    }
  }
  context.emit({ type: 'node', node: node.id, state: 'running', why })
  const session = new Evaluation(
    graph,
    node,
    values,
    dataset,
    weights,
    wires,
    { tile, ...sides },
    operands,
    context,
  )
  try {
    const report = { ...(await def.evaluate(session, node.params)), attribution }
    await keepIfPossible(node.id, context, () => writeReport(context.cacheDir, key, report))
    context.emit({ type: 'node', node: node.id, state: 'done' })
    return report
  } finally {
    await session.free()
  }
}

const tokenizerOfField = (graph: CheckedGraph, field: FieldRef, values: ReadonlyMap<Wire, HostValue>) => {
  const wire = wiresOf(graph.nodes.get(field.batch)!.json.in.tokenizer)[0]
  return wire && field.derivation.kind === 'text' ? [asTokenizer(values.get(wire))] : []
}

interface Program {
  readonly executable: Executable
  readonly weights: ReturnType<typeof uploadWeights>
  readonly slice: EvalSlice
}

class Evaluation implements EvaluationContext {
  readonly dataset: EngineDataset
  private readonly graph: CheckedGraph
  private readonly node: CheckedNode
  private readonly values: ReadonlyMap<Wire, HostValue>
  private readonly weights: TrainedWeights
  private readonly wires: WeightWires
  private readonly slices: { readonly tile: EvalSlice; readonly rows: EvalSlice; readonly columns: EvalSlice }
  private readonly operands: { readonly rows: Wire; readonly columns: Wire }
  private readonly context: DeviceContext
  private readonly programs = new Map<EvalSlice, Promise<Program>>()

  constructor(
    graph: CheckedGraph,
    node: CheckedNode,
    values: ReadonlyMap<Wire, HostValue>,
    dataset: EngineDataset,
    weights: TrainedWeights,
    wires: WeightWires,
    slices: Evaluation['slices'],
    operands: { readonly rows: Wire; readonly columns: Wire },
    context: DeviceContext,
  ) {
    this.graph = graph
    this.node = node
    this.values = values
    this.dataset = dataset
    this.weights = weights
    this.wires = wires
    this.slices = slices
    this.operands = operands
    this.context = context
  }

  get rowIds(): readonly string[] {
    return this.dataset.table.ids
  }

  async category(column: string) {
    const field = this.dataset.schema.fields[column]
    const values = this.dataset.table.columns[column]
    if (field?.kind !== 'category' || values?.kind !== 'category')
      throw new DataError(`"${column}" is no category column of this dataset`)
    return { classes: field.classes, values: values.values }
  }

  async texts(column: string): Promise<readonly (readonly string[])[]> {
    const values = this.dataset.table.columns[column]
    if (values?.kind !== 'text') throw new DataError(`"${column}" is no text column of this dataset`)
    return values.values
  }

  async embedDataset(side: 'rows' | 'columns'): Promise<Side> {
    const fields = fieldsOf(this.graph, [this.operands[side]])
    const sources: FieldSource[] = []
    try {
      for (const f of fields) {
        const [tokenizer] = tokenizerOfField(this.graph, f, this.values)
        const progress = progressOf(this.node.id, this.context)
        const source = await openField(f.derivation, this.dataset, tokenizer, this.context, progress)
        sources.push(source)
        if (source.bad.length) {
          reportBad(this.node.id, source.bad, this.context)
          throw new DataError(
            `${source.bad.length} pictures of the evaluation dataset can't be decoded, first ${source.bad[0]!.where}. ` +
              'A score over the rest would not be comparable: mend or remove them.',
          )
        }
      }
      return await this.embed(side, this.dataset.rows, async rows => {
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

  async embedTexts(side: 'rows' | 'columns', texts: readonly string[]): Promise<Side> {
    const field = fieldsOf(this.graph, [this.operands[side]]).find(f => f.derivation.kind === 'text')
    const [tokenizer] = field ? tokenizerOfField(this.graph, field, this.values) : []
    if (field?.derivation.kind !== 'text' || !tokenizer)
      throw new DataError(`"${this.operands[side]}" reads no text`)
    const { length } = field.derivation
    const encoded = texts.map(t => encodePadded(tokenizer.tokenizer, t, length))
    return this.embed(side, texts.length, async rows => {
      const ids = new Int32Array(rows.length * length)
      rows.forEach((r, i) => {
        ids.set(encoded[r]!.ids, i * length)
      })
      const eot = rows.map(r => encoded[r]!.eot)
      const prefix = `${field.batch}.${field.port}`
      return { [`${prefix}/ids`]: new Uint8Array(ids.buffer), [`${prefix}/eot`]: new Uint8Array(eot.buffer) }
    })
  }

  /** Runs an operand over n rows in batches; the last batch is padded by repeating its first row. */
  private async embed(
    side: 'rows' | 'columns',
    n: number,
    gather: (rows: Int32Array) => Promise<Record<string, Uint8Array>>,
  ): Promise<Embedded> {
    const slice = this.slices[side]
    const fields = slice.program.outputs.map((o, i) => {
      const type = { dtype: o.value.type.dtype, shape: [n, ...o.value.type.shape.slice(1)] }
      const rowBytes = elementCount(type.shape.slice(1)) * byteSize(type.dtype)
      return { name: slice.fields[i]!.name, type, rowBytes, bytes: new Uint8Array(n * rowBytes) }
    })
    for (let from = 0; from < n; from += ROWS) {
      this.refuseIfStopping()
      const count = Math.min(ROWS, n - from)
      const rows = Int32Array.from({ length: ROWS }, (_, i) => (i < count ? from + i : from))
      const raws = await gather(rows)
      const results = await this.call(
        slice,
        slice.batch.map(i => ({ type: i.type, bytes: raws[i.name]! })),
      )
      results.forEach((r, i) => {
        const f = fields[i]!
        f.bytes.set(r.bytes.subarray(0, count * f.rowBytes), from * f.rowBytes)
      })
    }
    return { rows: n, fields }
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
    const [r, c] = [rows as Embedded, columns as Embedded]
    const { tile } = this.slices
    const out = new Float32Array(r.rows * c.rows)
    for (let i = 0; i < r.rows; i += TILE) {
      for (let j = 0; j < c.rows; j += TILE) {
        this.refuseIfStopping()
        const args = tile.batch.map(input => {
          const side = input.batch === this.operands.rows ? r : c
          return this.tileOf(side, input.port, input.type, input.batch === this.operands.rows ? i : j)
        })
        const [logits] = await this.call(tile, args)
        const scores = view(logits!)
        const [h, w] = [Math.min(TILE, r.rows - i), Math.min(TILE, c.rows - j)]
        for (let k = 0; k < h; k++)
          out.set(scores.subarray(k * TILE, k * TILE + w) as Float32Array, (i + k) * c.rows + j)
      }
    }
    return out
  }

  /** TILE rows of an embedded field from `from`, zeros after its end. */
  private tileOf(side: Embedded, name: string, type: TensorType, from: number): HostArray {
    const field = side.fields.find(f => f.name === name)!
    const rowBytes = field.bytes.length / side.rows
    const bytes = new Uint8Array(TILE * rowBytes)
    bytes.set(field.bytes.subarray(from * rowBytes, Math.min(side.rows, from + TILE) * rowBytes))
    return { type, bytes }
  }

  private refuseIfStopping(): void {
    const how = this.context.stopping()
    if (how) throw new Stopped(how)
  }

  private open(slice: EvalSlice): Promise<Program> {
    let program = this.programs.get(slice)
    if (!program) {
      program = this.context.backend
        .compile(slice.program, { split: batchArguments(slice.program, slice.batch) })
        .then(executable => ({
          executable,
          slice,
          weights: uploadWeights(this.context.backend, slice.weights, this.weights, this.wires),
        }))
      this.programs.set(slice, program)
    }
    return program
  }

  private async call(slice: EvalSlice, batch: readonly HostArray[]): Promise<HostArray[]> {
    const { executable, weights } = await this.open(slice)
    const uploaded = batch.map(a => this.context.backend.upload(a, 'split'))
    const results = await executable.run([...slice.weights.map(w => weights.get(w.name)!), ...uploaded])
    try {
      return await Promise.all(results.map(r => r.toHost()))
    } finally {
      for (const a of [...uploaded, ...results]) a.free()
    }
  }

  async free(): Promise<void> {
    for (const opened of this.programs.values()) {
      const program = await opened.catch(() => undefined)
      for (const w of program?.weights.values() ?? []) w.free()
      program?.executable.free()
    }
  }
}
