import { Builder } from '../../ir/builder.ts'
import { optimize } from '../../ir/passes/optimize.ts'
import type { Program, Var } from '../../ir/program.ts'
import type { Precision } from '../../nn/scope.ts'
import type { Wire } from '../document.ts'
import type { DeviceValue } from '../kit.ts'
import type { GraphNodes, Operands } from '../slice.ts'
import { type DevicePort, irType, type PortType, type TensorPort } from '../types.ts'
import { type BatchInput, batchInputs } from './batch-inputs.ts'
import { castFloats } from './precision.ts'
import { Stage } from './stage.ts'
import { WeightInputs, type WeightSpec } from './weights.ts'

/** A part of the graph staged for evaluation, and how to call it. */
export interface EvalSlice {
  readonly program: Program
  /** The first arguments, by weight name. */
  readonly weights: readonly WeightSpec[]
  /** Then the batch fields, or the fields of the cut wires. */
  readonly batch: readonly BatchInput[]
  /** Results: the fields of each output wire in order; one tensor has the field ''. */
  readonly fields: readonly { readonly name: string; readonly type: TensorPort }[]
}

const fieldsOfPort = (t: DevicePort): [string, TensorPort][] =>
  t.kind === 'tensor' ? [['', t]] : Object.entries(t.fields)

/** The same type with `rows` along its first axis, the one that counts a batch. */
function withRows(t: DevicePort, rows: number): DevicePort {
  const resize = (p: TensorPort): TensorPort => ({
    ...p,
    dims: p.dims.map((d, i) => (i === 0 ? { ...d, size: rows } : d)),
  })
  if (t.kind === 'tensor') return resize(t)
  return { ...t, fields: Object.fromEntries(Object.entries(t.fields).map(([k, p]) => [k, resize(p)])) }
}

const fieldOf = (value: DeviceValue, name: string): Var =>
  name === '' ? (value as Var) : (value as Record<string, Var>)[name]!

/** One wire of the graph over `rows` rows of a dataset, computed with this precision; its floats come as float32. */
export function buildWireSlice(
  graph: GraphNodes,
  wire: Wire,
  rows: number,
  precision: Precision = 'f32',
): EvalSlice {
  const b = new Builder()
  const weights = new WeightInputs(b)
  const stage = new Stage(graph, b, weights, { mode: 'eval', rows, precision })
  const value = castFloats(b, stage.value(wire), 'f32')
  const fields = fieldsOfPort(stage.type(wire) as DevicePort)
  for (const [name] of fields) b.output(name || 'value', fieldOf(value, name))
  return finish(b, weights, `eval_${wire}`, batchInputs(graph, [wire], rows), fields)
}

/**
 * A tile of a pairs wire: its two operands are cut and bound to `rows` × `columns` embeddings, so the
 * two sides may come from tables of different length. Floats come in and go out as float32.
 */
export function buildPairSlice(
  graph: GraphNodes & { readonly types: ReadonlyMap<Wire, PortType> },
  pairs: Wire,
  operands: Operands,
  rows: number,
  columns: number,
  precision: Precision = 'f32',
): EvalSlice {
  const b = new Builder()
  const weights = new WeightInputs(b)
  const batch: BatchInput[] = []
  const bind = (wire: Wire, size: number) => {
    const type = withRows(graph.types.get(wire) as DevicePort, size)
    const values = fieldsOfPort(type).map(([name, t]) => {
      const input = `${wire}/${name || 'value'}`
      const ir = irType(t)
      batch.push({ name: input, batch: wire, port: name, raw: name || 'value', type: ir })
      return [name, b.input(input, ir)] as const
    })
    const value: DeviceValue = type.kind === 'tensor' ? values[0]![1] : Object.fromEntries(values)
    return [wire, { value, type }] as const
  }
  const cuts = new Map([bind(operands.rows, rows), bind(operands.columns, columns)])
  const stage = new Stage(graph, b, weights, { mode: 'eval', cuts, precision })
  const value = castFloats(b, stage.value(pairs), 'f32')
  const type = stage.type(pairs) as DevicePort
  const fields = fieldsOfPort(type).filter(([name]) => name === 'logits')
  for (const [name] of fields) b.output(name, fieldOf(value, name))
  return finish(b, weights, `pairs_${pairs}`, batch, fields)
}

function finish(
  b: Builder,
  weights: WeightInputs,
  name: string,
  batch: readonly BatchInput[],
  fields: readonly [string, TensorPort][],
): EvalSlice {
  const built = b.finish(name)
  const specs = weights.sorted()
  const byName = new Map(built.inputs.map(i => [i.name, i]))
  const order = [...specs.map(w => w.name), ...batch.map(i => i.name)]
  const program = optimize({ ...built, inputs: order.map(n => byName.get(n)!) })
  return { program, weights: specs, batch, fields: fields.map(([n, type]) => ({ name: n, type })) }
}
