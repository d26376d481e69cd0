import { matchWire, showAccept } from './accept.ts'
import { faultOf } from './check-node.ts'
import type { Diagnostic } from './diagnostic.ts'
import { type NodeJson, splitWire, type Wire, wiresOf } from './document.ts'
import { type Bypassed, type FlatGraph, inOrder } from './expand.ts'
import type { InputSpec, Registry } from './kit.ts'
import { orderNodes } from './order.ts'
import { own } from './own.ts'
import { type PortType, type PortTypes, showPort } from './types.ts'

/** Why a node does not run: it is muted or bypassed itself, or what it needs is muted (`by`). */
export interface Off {
  readonly mode: 'muted' | 'bypassed'
  /** The node that a person muted or bypassed: the node itself, the subgraph around it, or what it needs. */
  readonly by: string
}

/** A graph of what runs, and what does not. */
export interface ActiveGraph extends FlatGraph {
  readonly off: ReadonlyMap<string, Off>
}

/** Checks one node quietly; gives the types of its outputs where it has no fault. */
export type Quietly = (flat: ActiveGraph) => (id: string, json: NodeJson) => PortTypes | undefined

/**
 * Takes out what does not run, so that everything after it (checker, plan, cache keys) sees the graph that a person
 * would have made by hand:
 *
 * - **muted**: as if the node were not there. A list loses its wire, and what goes with it position by position
 *   (`along`); an optional input is open. A node that lacks a required input for it is off as well, without a fault.
 * - **bypassed**: what reads the node gets what the node reads: the wire at its input of the same name, else the
 *   first of its inputs, in order, whose wire fits the reader. Where none fits, that is a fault (DT027).
 */
export function activeGraph(flat: FlatGraph, registry: Registry, quietly: Quietly): ActiveGraph {
  const muted = withoutMuted(flat, registry)
  return muted.bypassed.size === 0 ? muted : withoutBypassed(muted, registry, quietly)
}

function withoutMuted(flat: FlatGraph, registry: Registry): ActiveGraph {
  const off = new Map<string, Off>()
  for (const [id, { mode }] of flat.nodes) if (mode === 'muted') off.set(id, { mode, by: id })
  if (off.size === 0) return { ...flat, off }
  const offOf = (wire: Wire) => off.get(splitWire(wire).node)
  // A node is off only after its producers, so in rounds; each takes out one node at least.
  for (let before = -1; before !== off.size; ) {
    before = off.size
    for (const [id, json] of flat.nodes) {
      const cause = off.has(id) ? undefined : lackOf(json, registry, offOf)
      if (cause) off.set(id, cause)
    }
  }
  const nodes = new Map<string, NodeJson>()
  for (const [id, json] of flat.nodes) if (!off.has(id)) nodes.set(id, withoutWires(json, registry, offOf))
  const kept = ([id]: readonly [string, Bypassed]) => nodes.has(id)
  return { ...flat, nodes, off, bypassed: new Map([...flat.bypassed].filter(kept)) }
}

type OffOf = (wire: Wire) => Off | undefined

/** Why a node can't run for what is muted: a required input of which no wire is left. */
function lackOf(json: NodeJson, registry: Registry, offOf: OffOf): Off | undefined {
  const def = registry.get(json.type)
  for (const [port, given] of Object.entries(json.in)) {
    const spec = def && own(def.inputs, port)
    if (!spec || spec.optional) continue
    const lost = lostPlaces(json, def.inputs, port, offOf)
    const [first] = lost.values()
    if (first && lost.size === wiresOf(given).length) return first
  }
  return undefined
}

/** The places of a list that lose their wire, with the reason: by itself, or for a partner that goes with it. */
function lostPlaces(
  json: NodeJson,
  inputs: Readonly<Record<string, InputSpec>>,
  port: string,
  offOf: OffOf,
): ReadonlyMap<number, Off> {
  const wires = wiresOf(json.in[port])
  const lists = [wires, ...(own(inputs, port)?.along ?? []).map(other => wiresOf(own(json.in, other)))]
  const partners = lists.filter((list, i) => i === 0 || (list.length === wires.length && list.length > 1))
  const lost = new Map<number, Off>()
  wires.forEach((_, place) => {
    const cause = partners.map(list => offOf(list[place]!)).find(one => one !== undefined)
    if (cause) lost.set(place, cause)
  })
  return lost
}

function withoutWires(json: NodeJson, registry: Registry, offOf: OffOf): NodeJson {
  if (!Object.values(json.in).some(given => wiresOf(given).some(offOf))) return json
  const inputs = registry.get(json.type)?.inputs ?? {}
  let params = json.params
  const wired: Record<string, Wire | readonly Wire[]> = {}
  for (const [port, given] of Object.entries(json.in)) {
    const lost = lostPlaces(json, inputs, port, offOf)
    const left = wiresOf(given).filter((_, place) => !lost.has(place))
    if (left.length > 0) wired[port] = typeof given === 'string' ? left[0]! : left
    for (const name of own(inputs, port)?.along ?? []) {
      const list = own(json.params, name)
      if (lost.size > 0 && Array.isArray(list))
        params = { ...params, [name]: list.filter((_, place) => !lost.has(place)) }
    }
  }
  return { ...json, params, in: wired }
}

function withoutBypassed(flat: ActiveGraph, registry: Registry, quietly: Quietly): ActiveGraph {
  const off = new Map(flat.off)
  for (const [id, { path }] of flat.bypassed) off.set(id, { mode: 'bypassed', by: path })
  for (const { path } of flat.bypassed.values()) off.set(path, { mode: 'bypassed', by: path })
  const check = quietly({ ...flat, off })
  // The file has the inputs of a node in any order; its definition knows better.
  const bypassed = new Map(
    [...flat.bypassed].map(([id, unit]) => {
      const def = unit.path === id ? registry.get(flat.nodes.get(id)!.type) : undefined
      return [id, def ? { ...unit, inputs: inOrder(unit.inputs, Object.keys(def.inputs)) } : unit] as const
    }),
  )
  const types = new Map<Wire, PortType>()
  const nodes = new Map<string, NodeJson>()
  const diagnostics: Diagnostic[] = [...flat.diagnostics]
  const faulty = new Set(flat.faulty)
  for (const id of orderNodes(flat.nodes).order) {
    if (flat.bypassed.has(id)) continue
    const before = flat.nodes.get(id)!
    const wired = Object.entries(before.in).map(([port, given]): [string, Wire | readonly Wire[]] => {
      const spec = own(registry.get(before.type)?.inputs ?? {}, port)
      const wires = wiresOf(given).flatMap(wire => {
        const passed = passedOn(wire, bypassed, spec, port, types)
        if (typeof passed === 'string') return [passed]
        faulty.add(`${id}.${port}`)
        diagnostics.push(nothingPassed(passed, spec, `${id}.${port}`, types))
        return []
      })
      return [port, typeof given === 'string' ? (wires[0] ?? given) : wires]
    })
    const json = { ...before, in: Object.fromEntries(wired) }
    nodes.set(id, json)
    for (const [port, type] of Object.entries(check(id, json) ?? {})) types.set(`${id}.${port}`, type)
  }
  const left = new Map([...flat.nodes.keys()].flatMap(id => (nodes.has(id) ? [[id, nodes.get(id)!]] : [])))
  return { ...flat, nodes: left, diagnostics, faulty, off, bypassed: new Map() }
}

/** What a bypassed node could pass on, and at which of its outputs it was read. */
interface Unfit {
  readonly unit: Bypassed
  readonly port: string
  readonly wires: readonly Wire[]
}

/** The wire that stands for `wire` at an input; the wire itself where its producer is not bypassed. */
function passedOn(
  wire: Wire,
  bypassed: FlatGraph['bypassed'],
  spec: InputSpec | undefined,
  reader: string,
  types: ReadonlyMap<Wire, PortType>,
): Wire | Unfit {
  const { node, port } = splitWire(wire)
  const unit = bypassed.get(node)
  if (!unit) return wire
  const wires = candidates(unit, port, bypassed, new Set())
  const fits = (w: Wire, known: boolean) => {
    const type = types.get(w)
    if (!spec || !type || type.kind === 'unknown') return !known
    return !faultOf(() => matchWire(reader, spec.accepts, type))
  }
  // One that is sure to fit before one whose type is not known yet.
  return wires.find(w => fits(w, true)) ?? wires.find(w => fits(w, false)) ?? { unit, port, wires }
}

/** The wires that come in, the input named like the output first, through further bypassed nodes. */
function candidates(
  unit: Bypassed,
  port: string,
  bypassed: FlatGraph['bypassed'],
  seen: Set<string>,
): Wire[] {
  if (seen.has(unit.path)) return []
  seen.add(unit.path)
  const named = unit.inputs.get(port) ?? []
  const others = [...unit.inputs].flatMap(([name, wires]) => (name === port ? [] : wires))
  return [...named, ...others].flatMap(wire => {
    const from = splitWire(wire)
    const further = bypassed.get(from.node)
    return further ? candidates(further, from.port, bypassed, seen) : [wire]
  })
}

function nothingPassed(
  { unit, port, wires }: Unfit,
  spec: InputSpec | undefined,
  reader: string,
  types: ReadonlyMap<Wire, PortType>,
): Diagnostic {
  const carried = wires.map(wire => {
    const type = types.get(wire)
    return `"${wire}" carries ${type ? showPort(type) : 'something unknown'}`
  })
  const takes = spec ? `, which takes ${showAccept(spec.accepts)}` : ''
  const why = carried.length ? `none of what it reads fits: ${carried.join('; ')}` : 'it reads nothing'
  return {
    code: 'DT027',
    severity: 'error',
    node: unit.path,
    port,
    message: `it is bypassed, but has nothing to pass on to "${reader}"${takes}: ${why}`,
    hint: `Mute it instead, or wire "${reader}" to another node.`,
  }
}
