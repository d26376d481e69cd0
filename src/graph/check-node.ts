import type { z } from 'zod'
import { matchSizes, matchWire } from './accept.ts'
import { beside } from './beside.ts'
import type { CheckedNode, SchemaState } from './check.ts'
import { closest, GraphFault, suggest } from './diagnostic.ts'
import { type NodeJson, references, splitWire, type Wire, wiresOf } from './document.ts'
import type { OpenInput } from './expand.ts'
import { explainIssues } from './explain.ts'
import type { InputSpec, InputTypes, NodeDef } from './kit.ts'
import { migrateParams } from './migrate.ts'
import type { ActiveGraph } from './modes.ts'
import { own } from './own.ts'
import type { DatasetSchema } from './schema.ts'
import type { PortType, PortTypes } from './types.ts'

/** Outputs of a node that reads something of unknown schema: not judged until that is known. */
const PENDING: PortTypes = { unknown: { kind: 'unknown' } }

/** One node while it is checked, and what is known of the others. */
export interface Subject {
  readonly id: string
  readonly json: NodeJson
  readonly def: NodeDef
  readonly flat: ActiveGraph
  readonly checked: ReadonlyMap<string, CheckedNode>
  readonly report: (fault: GraphFault) => void
  /** Nothing is wired where something must be; `inner` is the node inside a subgraph that needs it. */
  readonly missing: (place: OpenInput, spec: InputSpec, inner?: string) => void
}

/** The parameters as the node's schema reads them, migrated to its version; undefined after a fault. */
export function readParams(s: Subject): Readonly<Record<string, unknown>> | undefined {
  const { json, def, flat } = s
  if (flat.faulty.has(`${s.id}.params`)) return undefined
  if (json.v > def.version) {
    const message = `this "${def.type}" is of version ${json.v}; this Diptych knows up to ${def.version}`
    s.report(new GraphFault('DT013', message, { field: 'v', hint: 'Update Diptych.' }))
    return undefined
  }
  const given = migrated(s)
  if (!given) return undefined
  const broken = references(given).flatMap(ref => brokenReference(s, ref))
  broken.forEach(fault => {
    s.report(fault)
  })
  const result = def.params.safeParse(given)
  if (result.success) return broken.length ? undefined : result.data
  paramFaults(def, result.error.issues, given, 'params').forEach(s.report)
  return undefined
}

/** What a node's schema found wrong with its parameters, which stand at the field `at`. */
export const paramFaults = (
  def: NodeDef,
  issues: readonly z.core.$ZodIssue[],
  given: unknown,
  at: string,
): GraphFault[] =>
  explainIssues(issues, given).map(({ path, kind, message, hint }) => {
    const field = [at, ...path].join('.')
    if (kind !== 'unknown key') return new GraphFault('DT012', message, { field, hint })
    const key = String(path.at(-1))
    const known = path.length === 1 ? suggest(key, Object.keys(def.params.shape)) : undefined
    return new GraphFault('DT011', `"${def.type}" has no parameter "${key}"`, { field, hint: known })
  })

/** Migrations are written for sound parameters of their version; what they can't read was never sound. */
function migrated({ json, def, report }: Subject): Record<string, unknown> | undefined {
  try {
    return migrateParams(def, json)
  } catch {
    const message = `the parameters are no good settings of "${def.type}" version ${json.v}`
    const hint = `Write them as version ${def.version} has them, and "v": ${def.version}.`
    report(new GraphFault('DT012', message, { field: 'params', hint }))
    return undefined
  }
}

/** Parameters that name the node whose weights this one uses or follows. */
const LENDERS: Readonly<Record<string, string>> = {
  sharedWith: 'share its weights with',
  averageOf: 'be the moving average of',
}

/** A `$node` must name a node; one that lends its weights must be of the same type and have its own. */
function brokenReference(s: Subject, ref: { readonly path: string; readonly node: string }): GraphFault[] {
  const fault = (message: string, hint?: string) => [
    new GraphFault('DT025', message, { field: `params.${ref.path}`, hint }),
  ]
  const target = s.flat.nodes.get(ref.node)
  const off = s.flat.off.get(ref.node)
  if (off) {
    // An override of what does not run has nothing to do.
    if (ref.path.startsWith('overrides.')) return []
    const hint = `Let "${off.by}" run again, or take the reference out.`
    return fault(`it refers to the node "${ref.node}", which is ${off.mode}`, hint)
  }
  if (!target) {
    const hint = suggest(ref.node, [...s.flat.nodes.keys()])
    return fault(`it refers to the node "${ref.node}", which isn't there`, hint)
  }
  if (s.def.kind === 'train' && ref.path === 'pairedWith') return brokenPairing(s, ref.node, target)
  const what = own(LENDERS, ref.path)
  if (!what) return []
  if (ref.node === s.id) return fault(`a node can’t ${what} itself`, 'Remove it.')
  if (target.type !== s.json.type)
    return fault(
      `${ref.path === 'averageOf' ? 'a moving average follows a node of its own type' : 'weights are shared between nodes of one type'}, but this is "${s.json.type}" and "${ref.node}" is "${target.type}"`,
    )
  if (ref.path === 'averageOf' && own(s.json.params, 'sharedWith') !== undefined)
    return fault(
      'a node that shares weights is no moving average',
      'Keep one of "sharedWith" and "averageOf".',
    )
  // A moving average has weights of its own, so it may lend them; but nothing follows it.
  const lends = ref.path === 'averageOf' ? ['sharedWith', 'averageOf'] : ['sharedWith']
  const [further] = lends.flatMap(path =>
    references({ [path]: own(target.params, path) }).map(({ node }) => ({ node, path })),
  )
  // Two that refer to each other in one way are one fault, said at the first.
  if (!further || (further.node === s.id && further.path === ref.path && ref.node < s.id)) return []
  const verb = further.path === 'sharedWith' ? 'shares' : 'averages'
  return fault(
    `"${ref.node}" has no weights of its own: it ${verb} those of "${further.node}"`,
    further.node === s.id ? 'One of the two must own the weights.' : `Refer to "${further.node}".`,
  )
}

/** A Train takes its order and keys from another Train that has them from nobody. */
function brokenPairing(s: Subject, id: string, target: NodeJson): GraphFault[] {
  const fault = (message: string, hint: string) => [
    new GraphFault('DT025', message, { field: 'params.pairedWith', hint }),
  ]
  if (id === s.id) return fault('a Train can’t be paired with itself', 'Name the other arm, or remove it.')
  if (target.type !== s.json.type) {
    const trains = [...s.flat.nodes].flatMap(([other, { type }]) =>
      type === s.json.type && other !== s.id ? [`"${other}"`] : [],
    )
    const there = trains.length ? `Other Trains: ${trains.join(', ')}.` : 'There is no other Train.'
    return fault(`a Train is paired with a Train, but "${id}" is "${target.type}"`, there)
  }
  const [further] = references({ pairedWith: own(target.params, 'pairedWith') })
  // Two that name each other are one fault, said at the first.
  if (!further || (further.node === s.id && id < s.id)) return []
  return fault(
    `"${id}" has no order of its own: it is paired with "${further.node}"`,
    further.node === s.id ? 'One of the two must keep its own order.' : `Pair it with "${further.node}".`,
  )
}

/** The types of the wires, by port, each matched with what the input accepts; undefined after a fault. */
export function readInputs(s: Subject): InputTypes | undefined {
  const { id, json, def } = s
  const inputs: Record<string, PortType | readonly PortType[]> = {}
  let clean = true
  const fail = (fault: GraphFault) => {
    clean = false
    s.report(fault)
  }
  const unwired = Object.keys(def.inputs).filter(port => !Object.hasOwn(json.in, port))
  /** Inputs that a misspelt one was meant to be. */
  const meant = new Set<string | undefined>()
  for (const port of Object.keys(json.in)) {
    if (Object.hasOwn(def.inputs, port)) continue
    meant.add(closest(port, unwired))
    const hint = suggest(port, Object.keys(def.inputs))
    fail(new GraphFault('DT020', `"${def.type}" has no input "${port}"`, { port, hint }))
  }
  for (const [port, spec] of Object.entries(def.inputs)) {
    if (s.flat.faulty.has(`${id}.${port}`)) {
      clean = false
      continue
    }
    const given = own(json.in, port)
    const wires = wiresOf(given)
    if (wires.length === 0) {
      if (spec.optional) continue
      const outer = s.flat.open.get(`${id}.${port}`)
      clean = false
      if (meant.has(port)) continue
      s.missing(outer ?? { node: id, port }, spec, outer && `"${id}"`)
      continue
    }
    if (typeof given !== 'string' && !spec.list) {
      const hint = wires.length === 1 ? `Write "${wires[0]}" without brackets.` : 'Keep one of them.'
      fail(new GraphFault('DT024', `"${port}" takes one wire, not a list of ${wires.length}`, { port, hint }))
      continue
    }
    const found = wires.flatMap(w => {
      const type = typeOf(s, port, w)
      if (type instanceof GraphFault) fail(type)
      else if (type) return [type]
      clean = false
      return []
    })
    if (found.length === wires.length) inputs[port] = spec.list ? found : found[0]!
  }
  return clean ? inputs : undefined
}

/** What a wire carries; undefined where its producer has faults of its own, which have been reported. */
function typeOf(s: Subject, port: string, wire: Wire): PortType | GraphFault | undefined {
  const source = splitWire(wire)
  if (s.flat.faulty.has(source.node)) return undefined
  if (!s.flat.nodes.has(source.node)) {
    const hint = suggest(source.node, [...s.flat.nodes.keys()])
    return new GraphFault('DT022', `the wire "${wire}" comes from a node that isn't there`, { port, hint })
  }
  const from = s.checked.get(source.node)
  if (!from) return undefined
  if (from.outputs === PENDING) return { kind: 'unknown' }
  const type = own(from.outputs, source.port)
  if (!type) {
    const hint =
      from.def.absent?.(from.params, from.inputs, source.port) ??
      suggest(source.port, Object.keys(from.outputs))
    return new GraphFault('DT023', `the node "${source.node}" has no output "${source.port}"`, { port, hint })
  }
  const fault = mismatch(s, port, type)
  if (!fault) return type
  const others = Object.entries(from.outputs).flatMap(([name, t]) =>
    mismatch(s, port, t) ? [] : (beside(s.id, `${source.node}.${name}`) ?? []),
  )
  if (others.length === 0) return fault
  const hint = `Another output fits: ${others.map(other => `"${other}"`).join(', ')}.`
  return new GraphFault(fault.code, fault.message, { ...fault.place, hint })
}

function mismatch(s: Subject, port: string, type: PortType): GraphFault | undefined {
  return faultOf(() => matchWire(port, s.def.inputs[port]!.accepts, type))
}

/** The types of the outputs; undefined after a fault. */
export function readOutputs(
  s: Subject,
  params: Readonly<Record<string, unknown>>,
  inputs: InputTypes,
  schema: SchemaState | undefined,
  locked: DatasetSchema | undefined,
): PortTypes | undefined {
  const { def } = s
  const unknown = (t: PortType | undefined) => t?.kind === 'unknown'
  if (
    Object.values(inputs).some(t =>
      Array.isArray(t) ? (t as PortType[]).some(unknown) : unknown(t as PortType),
    )
  )
    return PENDING
  let outputs: PortTypes | undefined
  const fault = faultOf(() => {
    if (def.kind === 'device') matchSizes(inputs, def.inputs)
    if (def.kind !== 'host' || !def.peek) outputs = def.types(params, inputs)
    else if (schema?.state === 'failed') throw new GraphFault('DT060', schema.message)
    else outputs = def.types(params, inputs, schema?.state === 'known' ? schema.schema : locked)
  })
  if (fault) s.report(fault)
  return outputs
}

/** Rules throw what they find; anything else thrown is a fault of the rule's own code. */
export function faultOf(rule: () => void): GraphFault | undefined {
  try {
    rule()
    return undefined
  } catch (e) {
    if (e instanceof GraphFault) return e
    throw e
  }
}
