import { dirname } from 'node:path'
import { reason } from '../data/error.ts'
import { type CheckedGraph, checkGraph, type SchemaState, type Schemas } from '../graph/check.ts'
import type { Diagnostic } from '../graph/diagnostic.ts'
import type { GraphDocument } from '../graph/document.ts'
import type { HostNode } from '../graph/kit.ts'
import { type Parsed, parseGraph } from '../graph/parse.ts'
import type { DatasetSchema } from '../graph/schema.ts'
import type { GraphSource } from '../protocol/messages.ts'
import type { EngineContext } from './context.ts'
import { servicesFor } from './services.ts'

export interface LoadedGraph {
  readonly document: GraphDocument
  readonly graph: CheckedGraph
  readonly schemas: Readonly<Record<string, DatasetSchema>>
  /** Sources that can't be read, by wire, and why. */
  readonly unreadable: Readonly<Record<string, string>>
  /** The folder that relative paths start from. */
  readonly folder: string
}

/** The graph can't run; each diagnostic names its place. */
export class GraphErrors extends Error {
  override readonly name = 'GraphErrors'
  readonly diagnostics: readonly Diagnostic[]
  constructor(diagnostics: readonly Diagnostic[]) {
    const n = diagnostics.filter(d => d.severity === 'error').length
    super(`the graph has ${n === 1 ? 'an error' : `${n} errors`}`)
    this.diagnostics = diagnostics
  }
}

/**
 * Parses, overrides, peeks at the sources' schemas and checks. Throws GraphErrors only when nothing can be checked.
 * It looks into the graph's folder and where the context allows.
 */
export async function loadGraph(source: GraphSource, context: EngineContext): Promise<LoadedGraph> {
  const parsed = parseGraph(source.text)
  if (!parsed.document) throw new GraphErrors(parsed.diagnostics)
  const overridden = override(parsed.document, source)
  if (overridden.diagnostics.length) throw new GraphErrors(overridden.diagnostics)
  const folder = dirname(source.file)
  const schemas = await peekSchemas(overridden.document, folder, context)
  const graph = checkGraph(overridden.document, context.registry, schemas)
  const known = Object.entries(schemas).flatMap(([wire, s]) =>
    s.state === 'known' ? [[wire, s.schema]] : [],
  )
  const failed = Object.entries(schemas).flatMap(([wire, s]) =>
    s.state === 'failed' ? [[wire, s.message]] : [],
  )
  return {
    document: overridden.document,
    graph: { ...graph, diagnostics: graph.diagnostics.map(d => withLine(d, parsed)) },
    schemas: Object.fromEntries(known) as Record<string, DatasetSchema>,
    unreadable: Object.fromEntries(failed) as Record<string, string>,
    folder,
  }
}

/** The line in the file that a finding is about. */
function withLine(d: Diagnostic, parsed: Parsed): Diagnostic {
  if (d.line || d.node === undefined) return d
  const outer = d.node.split('/')[0]!
  const path = d.field ? d.field.split('.') : d.port ? ['in', d.port] : []
  return { ...d, line: parsed.lineOf(outer, ...path) }
}

/** Applies `--set` and `--seed`: `node.param=value`, where param may be dotted. */
function override(
  doc: GraphDocument,
  source: GraphSource,
): { readonly document: GraphDocument; readonly diagnostics: readonly Diagnostic[] } {
  const nodes = { ...doc.nodes }
  const diagnostics: Diagnostic[] = []
  for (const { node, param, value } of source.overrides) {
    const target = nodes[node]
    if (!target) {
      diagnostics.push({
        code: 'DT022',
        severity: 'error',
        node,
        message: `--set ${node}.${param}: there is no node "${node}"`,
        hint: `There is: ${Object.keys(nodes).join(', ')}.`,
      })
      continue
    }
    nodes[node] = { ...target, params: setPath(target.params, param.split('.'), value) }
  }
  const seed = source.seed ?? doc.meta.seed
  return { document: { ...doc, nodes, meta: { ...doc.meta, seed } }, diagnostics }
}

function setPath(
  object: Readonly<Record<string, unknown>>,
  path: readonly string[],
  value: unknown,
): Record<string, unknown> {
  const [head, ...rest] = path as [string, ...string[]]
  if (rest.length === 0) return { ...object, [head]: value }
  const inner = object[head]
  const base = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {}
  return { ...object, [head]: setPath(base, rest, value) }
}

/** Looks at every source whose settings are sound; a failure becomes a diagnostic on its node. */
async function peekSchemas(doc: GraphDocument, folder: string, context: EngineContext): Promise<Schemas> {
  const first = checkGraph(doc, context.registry)
  const services = servicesFor({
    cacheDir: context.cacheDir,
    folder,
    places: context.places,
    signal: context.signal,
    progress: () => {},
    bad: () => {},
  })
  const schemas: Record<string, SchemaState> = {}
  const sources = [...first.nodes.values()].filter(n => n.def.kind === 'host' && n.def.peek)
  await Promise.all(
    sources.map(async n => {
      const wire = `${n.id}.dataset`
      try {
        const schema = await (n.def as HostNode).peek!({ services, seed: doc.meta.seed }, n.params)
        schemas[wire] = { state: 'known', schema }
      } catch (e) {
        context.signal.throwIfAborted()
        schemas[wire] = { state: 'failed', message: reason(e) }
      }
    }),
  )
  return schemas
}
