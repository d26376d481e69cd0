import type { GraphCommand } from '../../graph/commands.ts'
import type { Diagnostic } from '../../graph/diagnostic.ts'
import { type NodeJson, splitWire, wiresOf } from '../../graph/document.ts'
import type { NodeDef } from '../../graph/kit.ts'

/** An edit that does what a hint says; or a place outside the graph's folder that may be looked into. */
export type Fix =
  | { readonly label: string; readonly command: GraphCommand }
  | { readonly label: string; readonly place: string }

/** What can be done about a fault with one click: its hint, read as an edit. Empty where the hint is only advice. */
export function fixesOf(d: Diagnostic, node: NodeJson | undefined, def: NodeDef | undefined): Fix[] {
  const place = d.code === 'DT060' ? /^"(.+)" lies outside the folder/s.exec(d.message)?.[1] : undefined
  if (place !== undefined) return [{ label: 'Look into it', place }]
  if (!d.node || !node || !d.hint) return []
  const isList = (port: string) => def?.inputs[port]?.list ?? false
  const meant = /^Did you mean "([^"]+)"\?$/.exec(d.hint)?.[1]
  const path = d.field?.startsWith('params.') ? d.field.slice('params.'.length).split('.') : undefined
  if (path && meant !== undefined) return [paramFix(d, node, path, meant)].filter(f => f !== undefined)
  const most = /^Set (\w+) to (?:at (?:most|least) )?(\d+(?:\.\d+)?)\.$/.exec(d.hint)
  if (path && most?.[1] === path.at(-1))
    return [{ label: `Set to ${most![2]}`, command: setParam(d.node, path, Number(most![2])) }]
  if (d.port && meant !== undefined) return wireFixes(d, node, d.port, meant, isList)
  if (d.port) return offered(d, node, d.port, isList(d.port))
  return []
}

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
  return [
    rewire(d, port, old, d.code === 'DT022' ? `${meant}.${output}` : `${from}.${meant}`, isList(port), index),
  ]
}

/** `Wire "a.b" or "c.d".` and `Another output fits: "a.b".` */
function offered(d: Diagnostic, json: NodeJson, port: string, list: boolean): Fix[] {
  const offers = /(?:\bWire|^Another output fits:) ((?:"[^"]+"(?: or |, )?)+)\.$/.exec(d.hint!)?.[1]
  const wires = [...(offers ?? '').matchAll(/"([^"]+)"/g)].map(m => m[1]!)
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
