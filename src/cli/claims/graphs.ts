import { readdir, readFile } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import { suggest } from '../../graph/diagnostic.ts'
import { type GraphDocument, splitWire, wiresOf } from '../../graph/document.ts'
import { parseGraph } from '../../graph/parse.ts'
import { contentHash } from '../../host/disk.ts'
import { CliError, EXIT } from '../exit.ts'

/** The node type that makes a claim. */
const BAR = 'evaluation.bar'

/** A graph file that makes claims. */
export interface ClaimGraph {
  /** Path below the folder of graphs, without `.json`. */
  readonly name: string
  readonly file: string
  readonly document: GraphDocument
  /** Of all that runs: neither notes nor places count. */
  readonly hash: string
}

/** The graphs of a folder and those below it that hold bars, by name. */
export async function claimGraphs(folder: string): Promise<ClaimGraph[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => {
    throw new CliError(`${folder} is not a folder. Say where the graphs are: --graphs <dir>.`, EXIT.usage)
  })
  const files = entries
    .filter(e => e.isFile() && e.name.endsWith('.json'))
    .map(e => join(e.parentPath, e.name))
    .filter(
      file =>
        !relative(folder, file)
          .split(sep)
          .some(part => part.startsWith('.')),
    )
  const found = await Promise.all(
    files.sort().map(async (file): Promise<ClaimGraph[]> => {
      const { document } = parseGraph(await readFile(file, 'utf8'))
      if (!document || !holdsBars(document)) return []
      const name = relative(folder, file).slice(0, -'.json'.length).split(sep).join('/')
      return [{ name, file, document, hash: hashOfRun(document) }]
    }),
  )
  return found.flat()
}

const holdsBars = ({ nodes, defs }: GraphDocument): boolean =>
  [nodes, ...Object.values(defs).map(def => def.nodes)].some(all =>
    Object.values(all).some(node => node.type === BAR),
  )

function hashOfRun({ nodes, defs }: GraphDocument): string {
  const run = Object.entries(nodes).flatMap(([id, { type, v, params, in: wires }]) =>
    type === 'note' ? [] : [[id, type, v, params, wires]],
  )
  return contentHash(JSON.stringify([run, defs])).slice(0, 16)
}

/** Those with one of these names: a file's stem or its path below the folder. All where none is given. */
export function chosen(graphs: readonly ClaimGraph[], names: readonly string[]): readonly ClaimGraph[] {
  if (names.length === 0) return graphs
  const stems = graphs.map(g => basename(g.name))
  for (const name of names)
    if (!graphs.some(g => isCalled(g, name)))
      throw new CliError(`no graph with bars is called "${name}". ${suggest(name, stems)}`, EXIT.usage)
  return graphs.filter(g => names.some(name => isCalled(g, name)))
}

const isCalled = ({ name }: ClaimGraph, asked: string): boolean => {
  const bare = asked.replace(/\.json$/, '')
  return name === bare || basename(name) === bare
}

/**
 * How long each arm took, by its last Train: a Train together with those whose weights it starts from. Undefined where
 * the time of one of them is not known.
 */
export function armSeconds(
  { nodes }: GraphDocument,
  seconds: ReadonlyMap<string, number | undefined>,
): Record<string, number | undefined> {
  const before = (id: string): string | undefined => {
    const wire = wiresOf(nodes[id]?.in.weights)[0]
    return wire === undefined ? undefined : splitWire(wire).node
  }
  const starts = new Set([...seconds.keys()].map(before))
  const whole = (id: string): number | undefined => {
    const own = seconds.get(id)
    const from = before(id)
    if (from === undefined || !seconds.has(from)) return own
    const earlier = whole(from)
    return own === undefined || earlier === undefined ? undefined : own + earlier
  }
  return Object.fromEntries(
    [...seconds.keys()].filter(id => !starts.has(id)).map(id => [id, whole(id)] as const),
  )
}
