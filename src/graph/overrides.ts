import { matchSizes, matchWire } from './accept.ts'
import type { CheckedNode } from './check.ts'
import { faultOf, paramFaults } from './check-node.ts'
import { GraphFault } from './diagnostic.ts'
import { splitWire, wiresOf } from './document.ts'
import type { InputTypes, ParamOverride } from './kit.ts'
import { own } from './own.ts'
import type { GraphNodes } from './slice.ts'
import type { PortType } from './types.ts'

/** The graph as a Train stages it: nodes that it overrides have other parameters, and what they feed other types. */
export function overriddenGraph(graph: GraphNodes, train: CheckedNode): GraphNodes {
  const { nodes, faults } = override(graph, train)
  if (faults[0]) throw faults[0]
  return { ...graph, nodes }
}

/** What is wrong with a Train's overrides. */
export const checkOverrides = (graph: GraphNodes, train: CheckedNode): readonly GraphFault[] =>
  override(graph, train).faults

interface Overridden {
  readonly nodes: ReadonlyMap<string, CheckedNode>
  readonly faults: readonly GraphFault[]
}

function override(graph: GraphNodes, train: CheckedNode): Overridden {
  const given = train.def.kind === 'train' ? train.def.settings(train.params).overrides : []
  if (given.length === 0) return { nodes: graph.nodes, faults: [] }
  const nodes = new Map(graph.nodes)
  const faults: GraphFault[] = []
  /** Nodes that changed, each with the place of the override that is why. */
  const why = new Map<string, number>()
  const staged = stagedFor(graph, train)
  given.forEach((o, i) => {
    const node = nodes.get(o.$node)
    // A node that has faults of its own is not here, and they have been told.
    if (!node) return
    const result = withParams(node, o, i, staged)
    if (Array.isArray(result)) faults.push(...result)
    else {
      nodes.set(o.$node, result as CheckedNode)
      why.set(o.$node, i)
    }
  })
  if (faults.length > 0) return { nodes, faults }
  for (const id of graph.nodes.keys()) {
    const node = nodes.get(id)!
    const [cause] = [id, ...producersOf(node)].flatMap(n => why.get(n) ?? [])
    if (cause === undefined || !staged.has(id)) continue
    let typed: CheckedNode | undefined
    const fault = faultOf(() => {
      typed = retyped(node, nodes)
    })
    if (fault) return { nodes, faults: [placed(fault, id, given[cause]!, cause)] }
    if (JSON.stringify(typed!.outputs) === JSON.stringify(node.outputs)) continue
    nodes.set(id, typed!)
    why.set(id, cause)
  }
  return { nodes, faults }
}

/** The node with the override's parameters, read by its schema; or what is wrong with them. */
function withParams(
  node: CheckedNode,
  { $node, params }: ParamOverride,
  place: number,
  staged: ReadonlySet<string>,
): CheckedNode | GraphFault[] {
  const field = `params.overrides.${place}`
  if (!staged.has($node))
    return [
      new GraphFault('DT052', `no loss of this Train is made by "${$node}"`, {
        field: `${field}.$node`,
        hint: 'Name a Batch or a node between a Batch and a loss.',
      }),
    ]
  const given = { ...node.params, ...params }
  const result = node.def.params.safeParse(given)
  if (!result.success) return paramFaults(node.def, result.error.issues, given, `${field}.params`)
  return { ...node, params: result.data }
}

/** The nodes that a Train stages: between its losses and the Batches that they are made from. */
function stagedFor(graph: GraphNodes, train: CheckedNode): Set<string> {
  const found = new Set<string>()
  const todo = wiresOf(train.json.in.loss).map(w => splitWire(w).node)
  for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
    const node = graph.nodes.get(id)
    if (!node || found.has(id) || (node.def.kind !== 'device' && node.def.kind !== 'batch')) continue
    found.add(id)
    todo.push(...producersOf(node))
  }
  return found
}

const producersOf = (node: CheckedNode): string[] =>
  Object.values(node.json.in).flatMap(w => wiresOf(w).map(wire => splitWire(wire).node))

/** The node with the types that its inputs and parameters now give; throws where they no longer fit. */
function retyped(node: CheckedNode, nodes: ReadonlyMap<string, CheckedNode>): CheckedNode {
  const { def, json } = node
  const typeOf = (wire: string): PortType => {
    const { node: id, port } = splitWire(wire)
    const type = own(nodes.get(id)!.outputs, port)
    if (!type) throw new GraphFault('DT023', `the node "${id}" has no output "${port}" then`)
    return type
  }
  const inputs: InputTypes = Object.fromEntries(
    Object.entries(def.inputs).flatMap(([port, spec]) => {
      const types = wiresOf(json.in[port]).map(typeOf)
      for (const t of types) matchWire(port, spec.accepts, t)
      return types.length === 0 ? [] : [[port, spec.list ? types : types[0]!]]
    }),
  )
  const unknown = Object.values(inputs).some(t =>
    [t].flat().some(one => (one as PortType).kind === 'unknown'),
  )
  if (unknown || (def.kind !== 'device' && def.kind !== 'batch')) return node
  if (def.kind === 'device') matchSizes(inputs, def.inputs)
  return { ...node, inputs, outputs: def.types(node.params, inputs) }
}

/** A fault of any node, told on the override that leads to it. */
function placed(fault: GraphFault, id: string, { params }: ParamOverride, place: number): GraphFault {
  const names = Object.keys(params)
  const field = `params.overrides.${place}.params${names.length === 1 ? `.${names[0]}` : ''}`
  const message = `with these parameters "${id}" no longer fits: ${fault.message}`
  return new GraphFault(fault.code, message, { field, hint: fault.place.hint })
}
