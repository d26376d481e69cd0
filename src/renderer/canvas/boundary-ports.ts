import type { CheckedGraph } from '../../graph/check.ts'
import { type NodeJson, wiresOf } from '../../graph/document.ts'
import { own } from '../../graph/own.ts'
import { INPUTS } from '../../graph/subgraph/boundary.ts'
import { showPort } from '../../graph/types.ts'
import type { PortView } from './ports.ts'
import { fittingShape, kindOfType } from './wire-kind.ts'

/** The port of a subgraph's inputs and outputs at which another is made. */
export const FREE_PORT = '+'

/** The ports of a subgraph's edge: its inputs, or its outputs, and a free one for another. */
export function boundaryPorts(id: string, json: NodeJson, types: CheckedGraph['types']) {
  const side = id === INPUTS ? ('out' as const) : ('in' as const)
  const names = id === INPUTS ? (json.params.ports as readonly string[]) : Object.keys(json.in)
  const ports = [...names, FREE_PORT].map((name): PortView => {
    const wires = wiresOf(own(json.in, name))
    const type = id === INPUTS ? types.get(`${id}.${name}`) : wires[0] && types.get(wires[0])
    return {
      name,
      side,
      kind: kindOfType(type || undefined),
      type: type || undefined,
      shape: type ? fittingShape(name, type) : '',
      carries: type ? showPort(type) : undefined,
      doc: name === FREE_PORT ? `Wire it to make another ${side === 'in' ? 'output' : 'input'}.` : undefined,
      optional: false,
      list: false,
      wires: id === INPUTS && name !== FREE_PORT ? ['read'] : wires,
    }
  })
  return side === 'out' ? { inputs: [], outputs: ports } : { inputs: ports, outputs: [] }
}
