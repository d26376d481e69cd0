import { Builder } from '../../ir/builder.ts'
import { optimize } from '../../ir/passes/optimize.ts'
import type { Program, Var } from '../../ir/program.ts'
import { GraphFault, suggest } from '../diagnostic.ts'
import { splitWire, type Wire } from '../document.ts'
import type { DeviceValue } from '../kit.ts'
import { type DevicePort, dim, isDevice, type TensorPort, type WireDType } from '../types.ts'
import { type BatchInput, batchInputs } from './batch-inputs.ts'
import { castFloats } from './precision.ts'
import type { Offered, StageOptions } from './stage.ts'
import { StepBuild, type TrainContext } from './step-build.ts'
import type { WeightSpec } from './weights.ts'

/** One tensor that a watch program makes. */
export interface WatchOutput {
  readonly wire: Wire
  /** Of a record; '' for a tensor. */
  readonly field: string
  readonly type: TensorPort
}

/** A program that computes watched values from what the next step starts with, and how to call it. */
export interface WatchSlice {
  readonly program: Program
  /** The first arguments, by name: weights, `step`, `key`. */
  readonly weights: readonly WeightSpec[]
  readonly batch: readonly BatchInput[]
  /** Its results, in order: the watched tensors first. */
  readonly outputs: readonly WatchOutput[]
  /** Inner values that the node of the wire offers. */
  readonly inner: readonly string[]
}

export interface WatchOptions {
  /** `train`: as the next step computes it; `eval`: as an evaluator would. */
  readonly mode: 'train' | 'eval'
  /** A value that the node of the wire offers, in place of the wire's own. */
  readonly inner?: string
  /** Wires whose values are wanted beside it, such as the pictures that it was computed from. */
  readonly beside?: readonly Wire[]
}

/**
 * Stages a wire as a Train does, with its weights, precision and overrides, into a program of its own, so that the
 * programs that train are the same whether someone watches or not. Floats come as float32. Throws `GraphFault` where
 * there is no such wire.
 */
export function buildWatch(context: TrainContext, wire: Wire, options: WatchOptions): WatchSlice {
  const { graph } = context
  const { mode, inner, beside = [] } = options
  const { node: id, port } = splitWire(wire)
  const node = graph.nodes.get(id)
  if (!node) throw new GraphFault('DT022', `the run's graph has no node "${id}"`)
  const type = node.outputs[port]
  if (!type || !isDevice(type))
    throw new GraphFault('DT030', `"${wire}" carries no tensor that could be watched`, {
      hint: 'Watch an output of a Batch or of a node that computes.',
    })
  const b = new Builder()
  const build = new StepBuild(context, b)
  const offered: Offered[] = []
  const staged: Partial<StageOptions> = {
    ...(mode === 'eval' && { mode, key: undefined }),
    gradientCheckpointing: false,
    offered: value => {
      if (value.node === id) offered.push(value)
    },
  }
  const stage = build.stage(staged)
  const value = stage.value(wire)
  const outputs: WatchOutput[] = []
  const output = (v: Var, out: WatchOutput) => {
    b.output(`${outputs.length}`, v)
    outputs.push(out)
  }
  const put = (from: Wire, v: DeviceValue) => {
    const cast = castFloats(b, v, 'f32')
    for (const [field, t] of fieldsOfPort(stage.type(from) as DevicePort))
      output(field === '' ? (cast as Var) : (cast as Readonly<Record<string, Var>>)[field]!, {
        wire: from,
        field,
        type: t,
      })
  }
  if (inner === undefined) put(wire, value)
  else {
    const found = offered.find(o => o.path === inner)
    if (!found)
      throw new GraphFault('DT023', `"${id}" offers no inner value "${inner}"`, {
        hint: suggest(
          inner,
          offered.map(o => o.path),
        ),
      })
    const v = castFloats(b, found.make(), 'f32') as Var
    output(v, { wire, field: '', type: portOf(v, found.axes) })
  }
  for (const other of beside) put(other, stage.value(other))
  return finish(build, wire, batchInputs(graph, [wire, ...beside]), outputs, offered)
}

const fieldsOfPort = (t: DevicePort): [string, TensorPort][] =>
  t.kind === 'tensor' ? [['', t]] : Object.entries(t.fields)

const WIRE_DTYPES: Partial<Record<string, WireDType>> = { bool: 'bool', s32: 'int', u32: 'int', u8: 'int' }

const portOf = (v: Var, axes: readonly string[]): TensorPort => ({
  kind: 'tensor',
  dtype: WIRE_DTYPES[v.type.dtype] ?? 'float',
  dims: v.type.shape.map((size, i) => dim(axes[i] ?? `axis ${i}`, size)),
})

function finish(
  { b, weights }: StepBuild,
  wire: Wire,
  batch: readonly BatchInput[],
  outputs: readonly WatchOutput[],
  offered: readonly Offered[],
): WatchSlice {
  const built = b.finish(`watch_${wire}`)
  const specs = weights.sorted()
  const byName = new Map(built.inputs.map(i => [i.name, i]))
  const order = [...specs.map(w => w.name), 'step', 'key', ...batch.map(i => i.name)]
  const program = optimize({ ...built, inputs: order.map(n => byName.get(n)!) })
  return { program, weights: specs, batch, outputs, inner: offered.map(o => o.path) }
}
