import type { Builder } from '../../ir/builder.ts'
import type { Var } from '../../ir/program.ts'
import type { TensorType } from '../../ir/types.ts'
import type { Mode, Precision } from '../../nn/scope.ts'
import type { CheckedNode } from '../check.ts'
import { GraphFault } from '../diagnostic.ts'
import { splitWire, type Wire, wiresOf } from '../document.ts'
import type { BatchNode, DeviceValue, InputTypes } from '../kit.ts'
import { derivationsOf, type GraphNodes, wireOf } from '../slice.ts'
import type { PortType, PortTypes } from '../types.ts'
import { nodeScope, type ScopeContext } from './node-scope.ts'
import { castFloats, dtypeOf } from './precision.ts'
import { rawFields, rawName } from './raw-fields.ts'
import type { UpdateSink } from './state-updates.ts'
import type { WeightInputs } from './weights.ts'

/** A wire that the consumer binds itself: its value, and its type as bound. */
export interface Cut {
  readonly value: DeviceValue
  readonly type: PortType
}

/** An inner value of a node that is on no wire, such as attention maps. */
export interface Offered {
  readonly node: string
  /** Below the node: `transformer/resblocks/0/attn/attention`. */
  readonly path: string
  readonly axes: readonly string[]
  /** Builds it; until then it is no part of the program. */
  readonly make: () => Var
}

export interface StageOptions {
  readonly mode: Mode
  /** Rows of every Batch, or of each from its own size; undefined for its own size. */
  readonly rows?: number | ((own: number) => number)
  /** Where the arrays that make a Batch field come from; without it each becomes an input of the program. */
  readonly arrays?: (name: string, type: TensorType) => Var
  readonly cuts?: ReadonlyMap<Wire, Cut>
  /** What nodes compute in where they don't say; f32 by default. */
  readonly precision?: Precision
  /** Blocks are computed again in reverse mode. */
  readonly gradientCheckpointing?: boolean
  /** The key of this step u32[2], in train mode. */
  readonly key?: Var
  /** Takes the updates of state that nodes emit; without it states stay as they are. */
  readonly updates?: UpdateSink
  /** Takes the inner values that nodes offer to people who watch. */
  readonly offered?: (value: Offered) => void
  /** Folds a name into a key; from `nn/random`, an argument so that the stage holds no maths. */
  readonly foldName?: (key: Var, name: string) => Var
}

/** What closes a stage over weights: the stage around it, the node that asks for it, and the wire of the weights. */
interface Closure {
  readonly within: Stage
  readonly node: string
  readonly wire: Wire
}

/**
 * Stages a part of a graph into a program. A wire is a function of the batch, so each consumer stages the
 * wires it wants in its own mode, with its own rows, up to the wires that it binds itself.
 */
export class Stage {
  readonly b: Builder
  readonly weights: WeightInputs
  private readonly graph: GraphNodes
  private readonly options: StageOptions
  private readonly values = new Map<Wire, DeviceValue>()
  private readonly types = new Map<string, PortTypes>()
  private readonly raws = new Map<string, Var>()
  private readonly closure: Closure | undefined
  private readonly scopes: ScopeContext

  constructor(
    graph: GraphNodes,
    b: Builder,
    weights: WeightInputs,
    options: StageOptions,
    closure?: Closure,
  ) {
    this.graph = graph
    this.b = b
    this.weights = weights
    this.options = options
    this.closure = closure
    this.scopes = { graph, weights, options, bound: closure }
  }

  /** The value of a wire, building what it needs. */
  value(wire: Wire): DeviceValue {
    const cut = this.options.cuts?.get(wire)
    if (cut) return cut.value
    const known = this.values.get(wire)
    if (known) return known
    const { node: id, port } = splitWire(wire)
    const node = this.node(id)
    if (node.def.kind === 'batch') {
      // Closed or not, all parts of a program see one batch, augmented once.
      if (this.closure) return this.closure.within.value(wire)
      const value = this.b.at(id, () => this.field(node, port))
      this.values.set(wire, value)
      return value
    }
    if (node.def.kind !== 'device')
      throw new GraphFault('DT030', `"${wire}" carries no tensor`, { hint: 'Wire a device node.' })
    const def = node.def
    const inputs = this.cast(node, this.inputs(node))
    const types = { inputs: this.inputTypes(node), outputs: this.typesOf(id) }
    const scope = nodeScope(this.scopes, this.b, node)
    const outs = this.b.at(id, () => def.build(scope, node.params, inputs, types))
    for (const [p, v] of Object.entries(outs)) this.values.set(`${id}.${p}`, v)
    return this.values.get(wire)!
  }

  /** The type of a wire as staged here: with this consumer's rows. */
  type(wire: Wire): PortType {
    const cut = this.options.cuts?.get(wire)
    if (cut) return cut.type
    const { node, port } = splitWire(wire)
    return this.typesOf(node)[port]!
  }

  private node(id: string): CheckedNode {
    const node = this.graph.nodes.get(id)
    if (!node) throw new GraphFault('DT022', `there is no node "${id}"`)
    return node
  }

  private inputs(node: CheckedNode): Record<string, DeviceValue> {
    const inputs: Record<string, DeviceValue> = {}
    for (const port of Object.keys(node.def.inputs)) {
      if (node.def.inputs[port]!.accepts.kind === 'host') continue
      const wires = wiresOf(node.json.in[port])
      // List inputs reach a build as one record, keyed by position.
      if (node.def.inputs[port]!.list)
        inputs[port] = Object.fromEntries(wires.map((w, i) => [String(i), this.value(w) as Var]))
      else if (wires[0]) inputs[port] = this.stageOf(node, port).value(wires[0])
    }
    return inputs
  }

  /** Floats in the dtype that the node computes in; a node that only passes a wire on leaves it as it is. */
  private cast(node: CheckedNode, inputs: Record<string, DeviceValue>): Record<string, DeviceValue> {
    if (node.def.kind === 'device' && node.def.binds) return inputs
    const dtype = dtypeOf(node, this.options.precision)
    const cast = (v: DeviceValue) => this.b.at(node.id, () => castFloats(this.b, v, dtype))
    return Object.fromEntries(Object.entries(inputs).map(([port, v]) => [port, cast(v)]))
  }

  /** The stage that builds what comes in at a port: this one, or one that is closed over the weights that came in. */
  private stageOf(node: CheckedNode, port: string): Stage {
    const binds = node.def.kind === 'device' ? node.def.binds : undefined
    if (binds?.wire !== port) return this
    const wire = wireOf(node, binds.weights)!
    // A cut wire carries what it does with the live weights; over others it is another function.
    const options = {
      ...this.options,
      mode: 'eval',
      cuts: undefined,
      updates: undefined,
      key: undefined,
    } as const
    return new Stage(this.graph, this.b, this.weights, options, { within: this, node: node.id, wire })
  }

  private inputTypes(node: CheckedNode): InputTypes {
    const types: Record<string, PortType | readonly PortType[]> = {}
    for (const port of Object.keys(node.def.inputs)) {
      const staged = wiresOf(node.json.in[port]).map(w => this.type(w))
      if (staged.length) types[port] = node.def.inputs[port]!.list ? staged : staged[0]!
    }
    return types
  }

  private typesOf(id: string): PortTypes {
    const known = this.types.get(id)
    if (known) return known
    const node = this.node(id)
    const types =
      node.def.kind === 'batch'
        ? node.def.types(node.params, node.inputs, this.rowsOf(node.def, node))
        : node.def.kind === 'device'
          ? node.def.types(node.params, this.inputTypes(node))
          : node.outputs
    this.types.set(id, types)
    return types
  }

  private rowsOf(def: BatchNode, node: CheckedNode): number {
    const own = def.rows(node.params)
    const { rows } = this.options
    return typeof rows === 'function' ? rows(own) : (rows ?? own)
  }

  private field(node: CheckedNode, port: string): DeviceValue {
    if (node.def.kind !== 'batch') throw new Error(`${node.id} is not a Batch`)
    const derivation = derivationsOf(node, node.def)[port]
    if (!derivation) throw new GraphFault('DT023', `"${node.id}" has no field "${port}"`, { port })
    const rows = this.rowsOf(node.def, node)
    const raw = Object.fromEntries(
      Object.entries(rawFields(derivation, rows)).map(([name, type]) => {
        const input = rawName(node.id, port, name)
        let value = this.raws.get(input)
        if (!value) {
          value = (this.options.arrays ?? ((n, t) => this.b.input(n, t)))(input, type)
          this.raws.set(input, value)
        }
        return [name, value]
      }),
    )
    return node.def.build(nodeScope(this.scopes, this.b, node), node.params, port, raw)
  }
}
