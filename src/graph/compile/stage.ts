import type { Builder } from '../../ir/builder.ts'
import type { Var } from '../../ir/program.ts'
import type { Mode, Scope } from '../../nn/scope.ts'
import type { CheckedNode } from '../check.ts'
import { GraphFault } from '../diagnostic.ts'
import { splitWire, type Wire, wiresOf } from '../document.ts'
import type { DeviceValue, InputTypes } from '../kit.ts'
import { derivationsOf, type GraphNodes } from '../slice.ts'
import type { PortType, PortTypes } from '../types.ts'
import { rawFields, rawName } from './raw-fields.ts'
import type { WeightInputs } from './weights.ts'

/** A wire that the consumer binds itself: its value, and its type as bound. */
export interface Cut {
  readonly value: DeviceValue
  readonly type: PortType
}

export interface StageOptions {
  readonly mode: Mode
  /** Rows of every Batch; undefined for each Batch's own size. */
  readonly rows?: number
  readonly cuts?: ReadonlyMap<Wire, Cut>
  /** The key of this step u32[2], in train mode. */
  readonly key?: Var
  /** Folds a name into a key; from `nn/random`, an argument so that the stage holds no maths. */
  readonly foldName?: (key: Var, name: string) => Var
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

  constructor(graph: GraphNodes, b: Builder, weights: WeightInputs, options: StageOptions) {
    this.graph = graph
    this.b = b
    this.weights = weights
    this.options = options
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
      const value = this.b.at(id, () => this.field(node, port))
      this.values.set(wire, value)
      return value
    }
    if (node.def.kind !== 'device')
      throw new GraphFault('DT030', `"${wire}" carries no tensor`, { hint: 'Wire a device node.' })
    const def = node.def
    const inputs = this.inputs(node)
    const types = { inputs: this.inputTypes(node), outputs: this.typesOf(id) }
    const outs = this.b.at(id, () => def.build(this.scope(node), node.params, inputs, types))
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
      const wires = wiresOf(node.json.in[port])
      // List inputs reach a build as one record, keyed by position.
      if (node.def.inputs[port]!.list)
        inputs[port] = Object.fromEntries(wires.map((w, i) => [String(i), this.value(w) as Var]))
      else if (wires[0]) inputs[port] = this.value(wires[0])
    }
    return inputs
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
        ? node.def.types(node.params, node.inputs, this.options.rows)
        : node.def.kind === 'device'
          ? node.def.types(node.params, this.inputTypes(node))
          : node.outputs
    this.types.set(id, types)
    return types
  }

  private field(node: CheckedNode, port: string): DeviceValue {
    if (node.def.kind !== 'batch') throw new Error(`${node.id} is not a Batch`)
    const derivation = derivationsOf(node, node.def)[port]
    if (!derivation) throw new GraphFault('DT023', `"${node.id}" has no field "${port}"`, { port })
    const rows = this.options.rows ?? node.def.rows(node.params)
    const raw = Object.fromEntries(
      Object.entries(rawFields(derivation, rows)).map(([name, type]) => {
        const input = rawName(node.id, port, name)
        let value = this.raws.get(input)
        if (!value) {
          value = this.b.input(input, type)
          this.raws.set(input, value)
        }
        return [name, value]
      }),
    )
    return node.def.build(this.scope(node), node.params, port, raw)
  }

  /** Weights live at `node-id/path`, or at the path of the node they are shared with. */
  private scope(node: CheckedNode): Scope {
    const shared = node.params.sharedWith as { readonly $node: string } | undefined
    const owner = shared?.$node ?? node.id
    const trainable = node.params.trainable !== false
    const at = (prefix: string): Scope => ({
      b: this.b,
      mode: this.options.mode,
      weight: (path, shape, init, options) =>
        this.weights.get({ name: `${owner}/${prefix}${path}`, shape, init, trainable, ...options }),
      child: path => at(`${prefix}${path}/`),
      key: name => {
        const { key, foldName } = this.options
        if (!key || !foldName) throw new Error('random keys exist only while training')
        return foldName(key, `${node.id}/${prefix}${name}`)
      },
    })
    return at('')
  }
}
