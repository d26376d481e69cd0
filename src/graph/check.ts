import { readInputs, readOutputs, readParams, type Subject } from './check-node.ts'
import { type Diagnostic, GraphFault, suggest } from './diagnostic.ts'
import type { GraphDocument, NodeJson, Wire } from './document.ts'
import { checkNeeds } from './evaluator-needs.ts'
import { expandDefs } from './expand.ts'
import type { InputTypes, NodeDef, Registry } from './kit.ts'
import { type MissingInput, missingInput } from './missing-input.ts'
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
  const flat = expandDefs(doc)
  const { order, cycles } = orderNodes(flat.nodes)
  const diagnostics: Diagnostic[] = [...flat.diagnostics, ...cycles]
  const report = (node: string, fault: GraphFault, severity: Diagnostic['severity'] = 'error') => {
    const { code, message, place } = fault
    const { port, field, hint } = place
    diagnostics.push({ code, severity, node, port, field, message, hint })
  }
  const missing: MissingInput[] = []
  const nodes = new Map<string, CheckedNode>()
  const types = new Map<Wire, PortType>()
  for (const id of order) {
    const json = flat.nodes.get(id)!
    const def = registry.get(json.type)
    if (!def) {
      const hint = suggest(json.type, [...registry.keys()])
      report(id, new GraphFault('DT010', `there is no node type "${json.type}"`, { field: 'type', hint }))
      continue
    }
    const subject: Subject = {
      id,
      json,
      def,
      flat,
      checked: nodes,
      report: fault => report(id, fault),
      missing: (place, spec, inner) => missing.push({ ...place, spec, inner }),
    }
    const params = readParams(subject)
    const inputs = readInputs(subject)
    if (!params || !inputs) continue
    const wire = `${id}.dataset`
    const locked = doc.lock.schemas && own(doc.lock.schemas, wire)
    const outputs = readOutputs(subject, params, inputs, own(schemas, wire), locked)
    if (!outputs) continue
    for (const [port, type] of Object.entries(outputs)) types.set(`${id}.${port}`, type)
    nodes.set(id, { id, json, def, params, inputs, outputs })
  }
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
    diagnostics: inFileOrder(diagnostics, doc),
    ok: !diagnostics.some(d => d.severity === 'error'),
  }
}

/** Each once, in the order of the nodes in the file. */
function inFileOrder(diagnostics: readonly Diagnostic[], doc: GraphDocument): Diagnostic[] {
  const place = new Map(Object.keys(doc.nodes).map((id, i) => [id, i]))
  const rank = (d: Diagnostic) => place.get(d.node?.split('/')[0] ?? '') ?? -1
  const once = new Map(diagnostics.map(d => [JSON.stringify(d), d]))
  return [...once.values()].sort((a, b) => rank(a) - rank(b))
}
