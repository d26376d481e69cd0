import { showAccept } from '../../graph/accept.ts'
import type { CheckedNode } from '../../graph/check.ts'
import type { Diagnostic } from '../../graph/diagnostic.ts'
import type { DefJson, NodeJson, Wire } from '../../graph/document.ts'
import { REROUTE, splitWire, wiresOf } from '../../graph/document.ts'
import type { Accept, NodeDef } from '../../graph/kit.ts'
import { own } from '../../graph/own.ts'
import { type PortType, showPort } from '../../graph/types.ts'
import { likelyOutputs } from './probe.ts'
import { fittingShape, kindOfAccept, kindOfType, type WireKind } from './wire-kind.ts'

/** A port as its row on the card shows it. */
export interface PortView {
  readonly name: string
  readonly side: 'in' | 'out'
  readonly kind: WireKind
  /** What an input takes; undefined for outputs, and for ports of node types that nobody knows. */
  readonly accept?: Accept
  /** What an output carries, where the checker knows. */
  readonly type?: PortType
  /** The named shape, as long as there is room for it. */
  readonly shape: string
  /** For the tooltip, in full: `float[batch 128, width 128]`. */
  readonly takes?: string
  readonly carries?: string
  readonly doc?: string
  readonly optional: boolean
  readonly list: boolean
  /** Wires at it; for an output 1 stands for any number. */
  readonly wires: readonly Wire[]
  readonly fault?: Diagnostic
}

/** What is known of a node beside its own JSON. */
export interface Around {
  readonly def: NodeDef | undefined
  readonly subgraph: DefJson | undefined
  readonly checked: CheckedNode | undefined
  readonly types: ReadonlyMap<Wire, PortType>
  readonly faults: readonly Diagnostic[]
  /** Output ports that some wire names. */
  readonly read: readonly string[]
}

const faultAt = (faults: readonly Diagnostic[], port: string): Diagnostic | undefined =>
  faults.find(f => f.port === port && f.severity === 'error') ?? faults.find(f => f.port === port)

/** The node's inputs in the order of its definition, then those that only the file names. */
export function inputPorts(json: NodeJson, around: Around): PortView[] {
  const { def, subgraph, types, faults } = around
  const declared = def ? Object.keys(def.inputs) : (subgraph?.in ?? (json.type === REROUTE ? ['in'] : []))
  const names = [...declared, ...Object.keys(json.in).filter(name => !declared.includes(name))]
  return names.map(name => {
    const spec = def && own(def.inputs, name)
    const wires = wiresOf(own(json.in, name))
    const types0 = wires.map(wire => types.get(wire))
    const carried = types0.find(type => type !== undefined)
    return {
      name,
      side: 'in',
      kind: spec ? kindOfAccept(spec.accepts) : kindOfType(carried),
      accept: spec?.accepts,
      shape: wires.length > 1 ? `${wires.length} wires` : carried ? fittingShape(name, carried) : '',
      takes: spec && showAccept(spec.accepts),
      carries: wires.length
        ? types0.map(type => (type ? showPort(type) : 'not known yet')).join('; ')
        : undefined,
      doc: spec?.doc,
      optional: spec?.optional ?? false,
      list: spec?.list ?? false,
      wires,
      fault: faultAt(faults, name),
    }
  })
}

/** True while the node waits for columns that the engine is reading: its outputs aren't judged. */
export function isPending(checked: CheckedNode | undefined): boolean {
  if (!checked) return false
  return Object.values(checked.outputs).some(type => type.kind === 'unknown')
}

/** The node's outputs: as checked, else as they are likely to be; and every one that some wire names. */
export function outputPorts(id: string, json: NodeJson, around: Around): PortView[] {
  const { def, subgraph, checked, types, faults, read } = around
  const pending = isPending(checked)
  // A pending node's outputs are one "unknown", unless it is a source, whose ports are known by name.
  const settled = checked && !(pending && own(checked.outputs, 'unknown')) ? checked.outputs : undefined
  const likely = settled ? {} : def ? likelyOutputs(def, json.params) : {}
  const known = settled
    ? Object.keys(settled)
    : subgraph
      ? Object.keys(subgraph.out)
      : json.type === REROUTE
        ? ['out']
        : Object.keys(likely)
  const names = [...known, ...read.filter(name => !known.includes(name))]
  return names.map(name => {
    const type = (settled && own(settled, name)) ?? types.get(`${id}.${name}`)
    const guess = type ?? (pending ? undefined : own(likely, name))
    return {
      name,
      side: 'out',
      kind: type ? kindOfType(type) : kindOfType(guess),
      type,
      shape: type ? fittingShape(name, type) : '',
      carries: type && showPort(type),
      optional: false,
      list: false,
      wires: read.includes(name) ? ['read'] : [],
      fault: faultAt(faults, name),
    }
  })
}

/** Which output ports of each node are read, by node. */
export function readPorts(nodes: Readonly<Record<string, NodeJson>>): ReadonlyMap<string, readonly string[]> {
  const read = new Map<string, string[]>()
  for (const node of Object.values(nodes))
    for (const given of Object.values(node.in))
      for (const wire of wiresOf(given)) {
        const from = splitWire(wire)
        const ports = read.get(from.node) ?? []
        if (!ports.includes(from.port)) ports.push(from.port)
        read.set(from.node, ports)
      }
  return read
}
