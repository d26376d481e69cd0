import type { GraphCommand } from '../../graph/commands.ts'
import type { Diagnostic } from '../../graph/diagnostic.ts'
import { type GraphDocument, type NodeJson, splitWire, type Wire, wiresOf } from '../../graph/document.ts'
import type { NodeDef } from '../../graph/kit.ts'
import { registry } from '../../nodes/index.ts'
import { currentAt, editAt, paramSite, type Site, setAt, siteOf, wireAmong } from './site.ts'

/** An edit that does what a hint says; or a place outside the graph's folder that may be looked into. */
export type Fix =
  | { readonly label: string; readonly command: GraphCommand }
  | { readonly label: string; readonly place: string }

/**
 * What can be done about a fault with one click, as edits of the document. The node may be inside a subgraph, by its
 * path: then the subgraph is edited, or the node that hands it the parameter.
 */
export function fixesAt(doc: GraphDocument, d: Diagnostic): Fix[] {
  const site = d.node === undefined ? undefined : siteOf(doc, d.node)
  if (!site) return fixesOf(d, undefined, undefined)
  const [first] = paramPath(d) ?? []
  const value = first === undefined ? undefined : paramSite(doc, d.node!, [first])?.value
  const now = currentAt(site)
  const json = value === undefined ? now : { ...now, params: { ...now.params, [first!]: value } }
  const among = (wire: Wire) => wireAmong(doc, site.nodes, wire)
  return fixesOf(within(site, d), json, registry.get(json.type), among).map(fix =>
    'place' in fix ? fix : { ...fix, command: placed(doc, d.node!, site, fix.command) },
  )
}

/** An edit where it belongs: of a parameter that is handed in, with the node that hands it in. */
function placed(doc: GraphDocument, path: string, site: Site, command: GraphCommand): GraphCommand {
  const at = command.type === 'setParam' ? paramSite(doc, path, command.path) : undefined
  if (command.type !== 'setParam' || !at) return editAt(site, command)
  return setAt(at.site, at.param, command.value)
}

/** The fault as it is told inside its subgraph, whose nodes have no paths there. */
function within({ id, prefix }: Site, d: Diagnostic): Diagnostic {
  const local = (text: string) => (prefix ? text.replaceAll(`"${prefix}`, '"') : text)
  return { ...d, node: id, message: local(d.message), ...(d.hint && { hint: local(d.hint) }) }
}

/** A wire as it can be made beside the node; undefined where it can't. */
type Among = (wire: Wire) => Wire | undefined

/** What can be done about a fault with one click: its hint, read as an edit. Empty where the hint is only advice. */
export function fixesOf(
  d: Diagnostic,
  node: NodeJson | undefined,
  def: NodeDef | undefined,
  among: Among = wire => wire,
): Fix[] {
  const place = d.code === 'DT060' ? /^"(.+)" lies outside the folder/s.exec(d.message)?.[1] : undefined
  if (place !== undefined) return [{ label: 'Look into it', place }]
  if (!d.node || !node || !d.hint) return []
  const isList = (port: string) => def?.inputs[port]?.list ?? false
  const meant = /^Did you mean "([^"]+)"\?$/.exec(d.hint)?.[1]
  const path = paramPath(d)
  if (path && meant !== undefined) return [paramFix(d, node, path, meant)].filter(f => f !== undefined)
  const most = /^Set (\w+) to (?:at (?:most|least) )?(\d+(?:\.\d+)?)\.$/.exec(d.hint)
  if (path && most?.[1] === path.at(-1))
    return [{ label: `Set to ${most![2]}`, command: setParam(d.node, path, Number(most![2])) }]
  if (d.port && meant !== undefined) return wireFixes(d, node, d.port, meant, isList, among)
  if (d.port) return offered(d, node, d.port, isList(d.port), among)
  return []
}

/** The parameter that a fault is about, from the outside in. */
const paramPath = ({ field }: Diagnostic): readonly string[] | undefined =>
  field?.startsWith('params.') ? field.slice('params.'.length).split('.') : undefined

const setParam = (node: string, path: readonly string[], value?: unknown): GraphCommand => ({
  type: 'setParam',
  node,
  path,
  value,
})

function paramFix(d: Diagnostic, json: NodeJson, path: readonly string[], meant: string): Fix | undefined {
  const node = d.node!
  const label = `Use "${meant}"`
  if (d.code === 'DT011') {
    if (path.length !== 1) return undefined
    const commands = [setParam(node, path), setParam(node, [meant], json.params[path[0]!])]
    return { label, command: { type: 'group', label: 'Rename parameter', commands } }
  }
  if (d.code === 'DT025') return { label, command: setParam(node, [...path, '$node'], meant) }
  // A key of a record, such as the name of a class.
  if (path.length === 2) {
    const record = json.params[path[0]!]
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return undefined
    const renamed = Object.fromEntries(Object.entries(record).map(([k, v]) => [k === path[1] ? meant : k, v]))
    return { label, command: setParam(node, [path[0]!], renamed) }
  }
  return path.length === 1 ? { label, command: setParam(node, path, meant) } : undefined
}

/** A wire that names a node or an output that isn't there, or an input that isn't. */
function wireFixes(
  d: Diagnostic,
  json: NodeJson,
  port: string,
  meant: string,
  isList: (port: string) => boolean,
  among: Among,
): Fix[] {
  const node = d.node!
  const wires = wiresOf(json.in[port])
  if (d.code === 'DT020') {
    const commands: GraphCommand[] = [
      { type: 'disconnect', node, port },
      ...wires.map(
        (from): GraphCommand => ({ type: 'connect', from, node, port: meant, list: isList(meant) }),
      ),
    ]
    return [{ label: `Use "${meant}"`, command: { type: 'group', label: 'Rename input', commands } }]
  }
  if (d.code !== 'DT022' && d.code !== 'DT023') return []
  const index = wires.findIndex(wire =>
    d.message.includes(`"${d.code === 'DT022' ? wire : splitWire(wire).node}"`),
  )
  const old = wires[index]
  if (old === undefined) return []
  const { node: from, port: output } = splitWire(old)
  const wire = among(d.code === 'DT022' ? `${meant}.${output}` : `${from}.${meant}`)
  return wire === undefined ? [] : [rewire(d, port, old, wire, isList(port), index)]
}

/** `Wire "a.b" or "c.d".` and `Another output fits: "a.b".` */
function offered(d: Diagnostic, json: NodeJson, port: string, list: boolean, among: Among): Fix[] {
  const offers = /(?:\bWire|^Another output fits:) ((?:"[^"]+"(?: or |, )?)+)\.$/.exec(d.hint!)?.[1]
  const wires = [...(offers ?? '').matchAll(/"([^"]+)"/g)].flatMap(m => among(m[1]!) ?? [])
  const old = wiresOf(json.in[port])
  if (d.code === 'DT021')
    return wires.map(from => ({
      label: `Wire ${from}`,
      command: { type: 'connect', from, node: d.node!, port, list },
    }))
  return old.length === 1 ? wires.map(from => rewire(d, port, old[0]!, from, list, 0)) : []
}

function rewire(d: Diagnostic, port: string, old: string, from: string, list: boolean, index: number): Fix {
  const node = d.node!
  const connect: GraphCommand = { type: 'connect', from, node, port, list, ...(list ? { index } : {}) }
  const commands: GraphCommand[] = list ? [{ type: 'disconnect', node, port, from: old }, connect] : [connect]
  return {
    label: `Wire ${from}`,
    command: commands.length === 1 ? connect : { type: 'group', label: 'Rewire', commands },
  }
}
