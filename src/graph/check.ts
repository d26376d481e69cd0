import { readInputs, readOutputs, readParams, type Subject } from './check-node.ts'
import { type Diagnostic, GraphFault, suggest } from './diagnostic.ts'
import type { GraphDocument, NodeJson, Wire } from './document.ts'
import { checkNeeds } from './evaluator-needs.ts'
import { expandDefs } from './expand.ts'
import type { InputTypes, NodeDef, Registry } from './kit.ts'
import { type MissingInput, missingInput } from './missing-input.ts'
import { type ActiveGraph, activeGraph, type Off } from './modes.ts'
import { orderNodes } from './order.ts'
import { own } from './own.ts'
import { checkPairing } from './pairing.ts'
import type { DatasetSchema } from './schema.ts'
import { checkTraining } from './training.ts'
import type { PortType, PortTypes } from './types.ts'

/** What the engine knows of a source's schema, by wire (`pairs.dataset`). */
export type SchemaState =
  | { readonly state: 'known'; readonly schema: DatasetSchema }
  | { readonly state: 'pending' }
  | { readonly state: 'failed'; readonly message: string }
export type Schemas = Readonly<Record<Wire, SchemaState>>

/** One node after checking: its definition, its read parameters, its types. */
export interface CheckedNode {
  readonly id: string
  readonly json: NodeJson
  readonly def: NodeDef
  /** As the node's schema reads them, defaults filled in. */
  readonly params: Readonly<Record<string, unknown>>
  readonly inputs: InputTypes
  readonly outputs: PortTypes
}

export interface CheckedGraph {
  readonly seed: number
  readonly title: string
  /** In a canonical order in which every node stands after the nodes it reads. */
  readonly nodes: ReadonlyMap<string, CheckedNode>
  readonly types: ReadonlyMap<Wire, PortType>
  /** Nodes that do not run: muted, bypassed, or in need of what is muted. */
  readonly off: ReadonlyMap<string, Off>
  /** In the order of the file's nodes. */
  readonly diagnostics: readonly Diagnostic[]
  readonly ok: boolean
}

/** With more missing inputs than this, no wires are looked for that would fit. */
const MANY = 50

/**
 * Checks a document: a synchronous, pure function of (document, schemas), so the window runs it while a
 * person wires and the engine before it runs. It reports everything it finds, each cause once: what
 * depends on a fault is not judged. It never throws.
 */
export function checkGraph(doc: GraphDocument, registry: Registry, schemas: Schemas = {}): CheckedGraph {
  const quietly = (active: ActiveGraph) => {
    const pass = new Pass(doc, registry, schemas, active)
    return (id: string, json: NodeJson) => pass.check(id, json, () => {})?.outputs
  }
  const flat = activeGraph(expandDefs(doc), registry, quietly)
  const { order, cycles } = orderNodes(flat.nodes)
  const diagnostics: Diagnostic[] = [...flat.diagnostics, ...cycles]
  const report = (node: string, fault: GraphFault, severity: Diagnostic['severity'] = 'error') => {
    const { code, message, place } = fault
    const { port, field, hint } = place
    diagnostics.push({ code, severity, node, port, field, message, hint })
  }
  const pass = new Pass(doc, registry, schemas, flat)
  for (const id of order) pass.check(id, flat.nodes.get(id)!, fault => report(id, fault))
  const { nodes, types, missing } = pass
  const offers = missing.length > MANY ? new Map<Wire, PortType>() : types
  for (const input of missing) report(input.node, missingInput(input, flat.nodes, offers))
  const graph = { seed: doc.meta.seed, title: doc.meta.title, nodes, types }
  for (const node of nodes.values()) {
    for (const fault of checkNeeds(graph, node)) report(node.id, fault)
    for (const fault of checkPairing(graph, node)) report(node.id, fault, 'warning')
    for (const fault of checkTraining(graph, node)) report(node.id, fault)
  }
  return {
    ...graph,
    off: flat.off,
    diagnostics: listed(inFileOrder(diagnostics, doc)),
    ok: !diagnostics.some(d => d.severity === 'error'),
  }
}

/** One way through the nodes, each after what it reads. */
class Pass {
  readonly nodes = new Map<string, CheckedNode>()
  readonly types = new Map<Wire, PortType>()
  readonly missing: MissingInput[] = []
  private readonly doc: GraphDocument
  private readonly registry: Registry
  private readonly schemas: Schemas
  private readonly flat: ActiveGraph

  constructor(doc: GraphDocument, registry: Registry, schemas: Schemas, flat: ActiveGraph) {
    this.doc = doc
    this.registry = registry
    this.schemas = schemas
    this.flat = flat
  }

  check(id: string, json: NodeJson, report: (fault: GraphFault) => void): CheckedNode | undefined {
    const def = this.registry.get(json.type)
    if (!def) {
      const hint = suggest(json.type, [...this.registry.keys()])
      report(new GraphFault('DT010', `there is no node type "${json.type}"`, { field: 'type', hint }))
      return undefined
    }
    const subject: Subject = {
      id,
      json,
      def,
      flat: this.flat,
      checked: this.nodes,
      report,
      missing: (place, spec, inner) => this.missing.push({ ...place, spec, inner }),
    }
    const params = readParams(subject)
    const inputs = readInputs(subject)
    if (!params || !inputs) return undefined
    const wire = `${id}.dataset`
    const locked = this.doc.lock.schemas && own(this.doc.lock.schemas, wire)
    const outputs = readOutputs(subject, params, inputs, own(this.schemas, wire), locked)
    if (!outputs) return undefined
    for (const [port, type] of Object.entries(outputs)) this.types.set(`${id}.${port}`, type)
    const node = { id, json, def, params, inputs, outputs }
    this.nodes.set(id, node)
    return node
  }
}

/** More than this nobody reads, and no window can show. */
const MOST = 1000

function listed(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const next = diagnostics[MOST]
  if (!next) return diagnostics
  const message = `and ${diagnostics.length - MOST} more faults from here on`
  return [...diagnostics.slice(0, MOST), { code: next.code, severity: 'error', node: next.node, message }]
}

/** Each once, in the order of the nodes in the file. */
function inFileOrder(diagnostics: readonly Diagnostic[], doc: GraphDocument): Diagnostic[] {
  const place = new Map(Object.keys(doc.nodes).map((id, i) => [id, i]))
  const rank = (d: Diagnostic) => place.get(d.node?.split('/')[0] ?? '') ?? -1
  const once = new Map(diagnostics.map(d => [JSON.stringify(d), d]))
  return [...once.values()].sort((a, b) => rank(a) - rank(b))
}
