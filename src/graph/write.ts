import type { DefJson, GraphDocument, NodeJson } from './document.ts'
import type { DatasetSchema } from './schema.ts'

/** What is longer than this is written over several lines. */
const LINE = 100

type Fields<T> = Readonly<Record<string, T>>

/**
 * The one canonical text of a graph: keys in a fixed order, one node a paragraph, empty sections of a node
 * left out, so that git diffs show what changed and nothing else. Nodes, subgraphs and the columns of a
 * schema keep their order; everything else is sorted. `parse(write(g))` is `g`.
 */
export function writeGraph(g: GraphDocument): string {
  const { title, seed, about } = g.meta
  const schemas = g.lock.schemas && {
    schemas: object(
      sorted(g.lock.schemas).map(([k, s]) => pair(k, writeSchema(s, 6))),
      4,
    ),
  }
  const parts = [
    `"format": ${json(g.format)}, "version": ${g.version}`,
    pair('meta', object(texts(entries({ title, seed, about })), 2)),
    pair('nodes', paragraphs(g.nodes, 2)),
    pair(
      'defs',
      block(
        entries(g.defs).map(([k, d]) => pair(k, writeDef(d, 4))),
        2,
        '\n\n',
      ),
    ),
    pair('view', object(texts(sorted(g.view)), 2)),
    ...(g.watches ? [pair('watches', list(g.watches.map(json), 2))] : []),
    ...(g.groups ? [pair('groups', block(texts(sorted(g.groups)), 2, '\n'))] : []),
    pair(
      'lock',
      object(
        entries(schemas ?? {}).map(([k, v]) => pair(k, v)),
        2,
      ),
    ),
  ]
  return `{\n  ${parts.join(',\n\n  ')}\n}\n`
}

const entries = <T>(o: Fields<T>): [string, T][] => Object.entries(o).filter(([, v]) => v !== undefined)

const sorted = <T>(o: Fields<T>): [string, T][] => entries(o).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))

const pair = (key: string, value: string) => `${JSON.stringify(key)}: ${value}`

const texts = (fields: readonly (readonly [string, unknown])[]): string[] =>
  fields.map(([k, v]) => pair(k, json(v)))

/** One line of JSON with a space after colons and commas, object keys sorted. */
function json(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(json).join(', ')}]`
  // JSON.stringify would drop the sign.
  if (Object.is(value, -0)) return '-0'
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return line(texts(sorted(value as Fields<unknown>)))
}

const line = (fields: readonly string[]): string => (fields.length ? `{ ${fields.join(', ')} }` : '{}')

/** On one line where it fits, else one field a line. */
function object(fields: readonly string[], indent: number): string {
  const oneLine = line(fields)
  if (oneLine.length + indent <= LINE && !oneLine.includes('\n')) return oneLine
  return block(fields, indent, '\n')
}

function block(fields: readonly string[], indent: number, between: string): string {
  if (fields.length === 0) return '{}'
  const space = ' '.repeat(indent + 2)
  return `{\n${space}${fields.join(`,${between}${space}`)}\n${' '.repeat(indent)}}`
}

/** One item a line. */
function list(items: readonly string[], indent: number): string {
  const space = ' '.repeat(indent + 2)
  return items.length === 0 ? '[]' : `[\n${space}${items.join(`,\n${space}`)}\n${' '.repeat(indent)}]`
}

const paragraphs = (nodes: Fields<NodeJson>, indent: number): string =>
  block(
    entries(nodes).map(([id, n]) => pair(id, writeNode(n, indent + 2))),
    indent,
    '\n\n',
  )

function writeNode(n: NodeJson, indent: number): string {
  const fields = texts(entries({ type: n.type, v: n.v, title: n.title, mode: n.mode }))
  const params = sorted(n.params)
  const wires = sorted(n.in)
  if (params.length) fields.push(pair('params', object(texts(params), indent + 2)))
  if (wires.length) fields.push(pair('in', object(texts(wires), indent + 2)))
  return object(fields, indent)
}

function writeDef(d: DefJson, indent: number): string {
  const fields = [
    pair('params', object(texts(sorted(d.params)), indent + 2)),
    pair('in', json(d.in)),
    pair('out', object(texts(sorted(d.out)), indent + 2)),
    pair('nodes', paragraphs(d.nodes, indent + 2)),
  ]
  if (d.view) fields.push(pair('view', object(texts(sorted(d.view)), indent + 2)))
  if (d.groups) fields.push(pair('groups', block(texts(sorted(d.groups)), indent + 2, '\n')))
  if (d.source)
    fields.push(pair('source', line(texts(entries({ file: d.source.file, hash: d.source.hash })))))
  return block(fields, indent, '\n')
}

function writeSchema(s: DatasetSchema, indent: number): string {
  const fields = entries(s.fields).map(([name, { kind, ...rest }]) =>
    pair(name, line(texts([['kind', kind], ...sorted(rest as Fields<unknown>)]))),
  )
  const parts = [pair('fields', object(fields, indent + 2))]
  if (s.rows !== undefined) parts.push(pair('rows', json(s.rows)))
  if (s.attribution) {
    const by = s.attribution.map(a => line(texts(entries({ name: a.name, licence: a.licence, by: a.by }))))
    parts.push(pair('attribution', `[${by.join(', ')}]`))
  }
  return object(parts, indent)
}
