import { matchWire, showAccept } from './accept.ts'
import { beside } from './beside.ts'
import { faultOf } from './check-node.ts'
import { GraphFault } from './diagnostic.ts'
import { type NodeJson, splitWire, type Wire, wiresOf } from './document.ts'
import type { InputSpec } from './kit.ts'
import type { PortType } from './types.ts'

/** At most this many wires are offered. */
const OFFERED = 3

export interface MissingInput {
  readonly node: string
  readonly port: string
  readonly spec: InputSpec
  /** The node inside the subgraph `node` that needs it. */
  readonly inner?: string
}

/** Says what the input takes, and which wires of the graph would fit without making a cycle. */
export function missingInput(
  { node, port, spec, inner }: MissingInput,
  nodes: ReadonlyMap<string, NodeJson>,
  types: ReadonlyMap<Wire, PortType>,
): GraphFault {
  const behind = readersOf(node, nodes)
  const fits = [...types].flatMap(([wire, type]) => {
    const from = splitWire(wire).node
    const here = beside(node, wire)
    if (type.kind === 'unknown' || behind.has(from) || here === undefined) return []
    return faultOf(() => matchWire(port, spec.accepts, type)) ? [] : [`"${here}"`]
  })
  const takes = inner ? `which ${inner} needs: it takes` : 'which takes'
  const message = `nothing is wired to "${port}", ${takes} ${showAccept(spec.accepts)}`
  const hint = fits.length ? `${spec.doc} Wire ${fits.slice(0, OFFERED).join(' or ')}.` : spec.doc
  return new GraphFault('DT021', message, { port, hint })
}

/** The node and everything that reads it, directly or not. */
function readersOf(node: string, nodes: ReadonlyMap<string, NodeJson>): ReadonlySet<string> {
  const readers = new Map<string, string[]>()
  for (const [id, json] of nodes)
    for (const wire of Object.values(json.in).flatMap(wiresOf)) {
      const from = splitWire(wire).node
      readers.set(from, [...(readers.get(from) ?? []), id])
    }
  // A Set grows while it is walked. What is inside a subgraph reads its inputs, as far as can be told here.
  const found = new Set([node, ...[...nodes.keys()].filter(id => id.startsWith(`${node}/`))])
  for (const id of found) for (const reader of readers.get(id) ?? []) found.add(reader)
  return found
}
