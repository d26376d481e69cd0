import type { GraphCommand } from '../../graph/commands.ts'
import {
  defOf,
  defType,
  type GraphDocument,
  type NodeJson,
  splitWire,
  type Wire,
} from '../../graph/document.ts'
import { upToDate } from '../../graph/migrate.ts'
import { own } from '../../graph/own.ts'
import { openDef } from '../../graph/subgraph/boundary.ts'
import { registry } from '../../nodes/index.ts'
import { defAt, soundScope } from '../state/scope.ts'
import { settingCommand } from './setting-command.ts'

type Nodes = GraphDocument['nodes']

/** Where a node of a graph that runs is written: in the file's graph, or in a subgraph. */
export interface Site {
  readonly id: string
  readonly json: NodeJson
  /** The nodes beside it. */
  readonly nodes: Nodes
  /** The subgraph that it is in. */
  readonly def?: string
  /** The path of the node that uses the subgraph, with a slash; empty at the top. */
  readonly prefix: string
}

/** The place of a node by its path: `vision`, or `tower/vision` through a subgraph. */
export function siteOf(doc: GraphDocument, path: string): Site | undefined {
  const ids = path.split('/')
  const id = ids.pop()!
  if (soundScope(doc, ids).length < ids.length) return undefined
  const def = defAt(doc, ids)
  // With its inputs and outputs as nodes, as an edit inside it sees it.
  const { nodes } = def === undefined ? doc : openDef(doc, def)!
  const json = own(nodes, id)
  if (!json) return undefined
  return {
    id,
    json,
    nodes,
    ...(def !== undefined && { def }),
    prefix: path.slice(0, path.length - id.length),
  }
}

/** The node as its type is now. */
export const currentAt = ({ json }: Site): NodeJson => upToDate(registry.get(json.type), json)

/** An edit of what is at a site as one of the whole document. */
export const editAt = ({ def }: Pick<Site, 'def'>, command: GraphCommand): GraphCommand =>
  def === undefined ? command : { type: 'within', def, command }

/** Sets a parameter of the node at a site. */
export const setAt = (site: Site, param: readonly string[], value: unknown): GraphCommand =>
  editAt(site, settingCommand(registry.get(site.json.type), site.id, site.json, param, value))

export interface ParamSite {
  readonly site: Site
  readonly param: readonly string[]
  /** Undefined where it has its default. */
  readonly value: unknown
}

/** Where a parameter's value is written: with its node, or with a use of the subgraph that hands it in. */
export function paramSite(doc: GraphDocument, path: string, param: readonly string[]): ParamSite | undefined {
  const site = siteOf(doc, path)
  if (!site) return undefined
  let value: unknown = currentAt(site).params
  for (const [depth, key] of param.entries()) {
    value = isRecord(value) ? own(value, key) : undefined
    const outer = isRecord(value) ? own(value, '$param') : undefined
    if (typeof outer !== 'string' || site.def === undefined) continue
    const handed = paramSite(doc, site.prefix.slice(0, -1), [outer, ...param.slice(depth + 1)])
    return handed?.value === undefined && handed
      ? { ...handed, value: inside(doc.defs[site.def]!.params, [outer, ...param.slice(depth + 1)]) }
      : handed
  }
  return { site, param, value }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const inside = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((at, key) => (isRecord(at) ? own(at, key) : undefined), value)

/** How many nodes use the subgraph. */
export const usesOf = (doc: GraphDocument, def: string): number =>
  [doc.nodes, ...Object.values(doc.defs).map(d => d.nodes)]
    .flatMap(nodes => Object.values(nodes))
    .filter(node => node.type === defType(def)).length

/**
 * A wire of the graph that runs as it can be made among these nodes: that of an inner node as the output of the
 * subgraph's use. Undefined where nothing leads it out.
 */
export function wireAmong(doc: GraphDocument, nodes: Nodes, wire: Wire): Wire | undefined {
  const { node, port } = splitWire(wire)
  const slash = node.indexOf('/')
  if (slash < 0) return Object.hasOwn(nodes, node) ? wire : undefined
  const use = node.slice(0, slash)
  const name = defOf(own(nodes, use)?.type ?? '')
  const def = name === undefined ? undefined : own(doc.defs, name)
  const inner = def && wireAmong(doc, def.nodes, `${node.slice(slash + 1)}.${port}`)
  const output = def && Object.entries(def.out).find(([, from]) => from === inner)
  return output ? `${use}.${output[0]}` : undefined
}
