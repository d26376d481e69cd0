import type { Var } from '../../ir/program.ts'
import { splitWire, type Wire, wiresOf } from '../document.ts'
import type { DeviceValue } from '../kit.ts'
import type { GraphNodes } from '../slice.ts'
import { madeFrom, reached, smoothIn } from './flow.ts'
import type { Staged } from './train-insight.ts'

/**
 * What a Train's gradient does on a wire that weights are behind:
 * - `trainable`: it flows back through here to weights that this Train changes;
 * - `detached`: such weights are behind it, but no gradient flows back to them from here;
 * - `frozen`: only weights that this Train leaves as they are.
 */
export type WireFlow = 'trainable' | 'detached' | 'frozen'

/** By wire, for those that the losses are made from; wires that carry data alone are left out. */
export function wireFlows(
  graph: GraphNodes,
  losses: readonly Wire[],
  { build, stage, forward, ends }: Staged,
  trained: ReadonlySet<string>,
): Record<Wire, WireFlow> {
  const { weights } = build
  const all = [...weights.specs.keys()].map(name => weights.value(name))
  const own = [...weights.specs.keys()].filter(name => trained.has(name)).map(name => weights.value(name))
  const behind = madeFrom(forward, all)
  const behindOwn = madeFrom(forward, own)
  const smooth = smoothIn(forward, own)
  const back = reached(forward, ends)
  const flows: Record<Wire, WireFlow> = {}
  for (const wire of stagedWires(graph, losses)) {
    const vars = varsOf(stage.value(wire))
    if (!vars.some(v => behind.has(v))) continue
    if (!vars.some(v => behindOwn.has(v))) flows[wire] = 'frozen'
    else flows[wire] = vars.some(v => smooth.has(v) && back.has(v)) ? 'trainable' : 'detached'
  }
  return flows
}

/** The wires that losses are made from, not looking behind what a node closes over other weights. */
function stagedWires(graph: GraphNodes, losses: readonly Wire[]): ReadonlySet<Wire> {
  const found = new Set<Wire>()
  const todo = [...losses]
  for (let wire = todo.pop(); wire !== undefined; wire = todo.pop()) {
    const node = graph.nodes.get(splitWire(wire).node)
    if (found.has(wire) || (node?.def.kind !== 'device' && node?.def.kind !== 'batch')) continue
    found.add(wire)
    if (node.def.kind !== 'device') continue
    const { binds, inputs } = node.def
    for (const [port, spec] of Object.entries(inputs))
      if (spec.accepts.kind !== 'host' && port !== binds?.wire) todo.push(...wiresOf(node.json.in[port]))
  }
  return found
}

const varsOf = (value: DeviceValue): readonly Var[] =>
  'id' in value && 'type' in value ? [value as Var] : Object.values(value as Record<string, Var>)
