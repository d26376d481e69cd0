import type { Draft } from 'immer'
import { CommandFault } from './command-fault.ts'
import { defOf, type GraphDocument, splitWire, WATCH_SCALES, type WatchJson, type Wire } from './document.ts'
import { own } from './own.ts'

/** A wire as a run knows it: of a node, or of one inside subgraphs by its path there. */
export const WATCHED = /^[a-z][a-z0-9_]*(\/[a-z][a-z0-9_]*)*\..+$/su

/** What names a watch: its wire, and the inner value of the wire's node where one is watched. */
export const watchName = ({ wire, inner }: Pick<WatchJson, 'wire' | 'inner'>): string =>
  inner === undefined ? wire : `${wire} ${inner}`

/** A document without watches has no list of them. */
export function setWatches(doc: Draft<GraphDocument>, watches: readonly WatchJson[]): void {
  const names = new Set(watches.map(watchName))
  if (names.size < watches.length) throw new CommandFault('a wire is watched once')
  for (const { every, step = 0, wire, scale } of watches) {
    if (!WATCHED.test(wire)) throw new CommandFault(`"${wire}" is no wire`)
    if (!isCount(every) || !isCount(step)) throw new CommandFault(`"${wire}": steps are whole numbers from 0`)
    if (scale !== undefined && !WATCH_SCALES.includes(scale))
      throw new CommandFault(`"${wire}": a scale is ${WATCH_SCALES.join(' or ')}`)
  }
  if (watches.length === 0) delete doc.watches
  else doc.watches = watches as Draft<WatchJson[]>
}

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0

/** The watches whose node is there; the list itself where all are. */
export function soundWatches({ nodes, defs, watches }: GraphDocument): readonly WatchJson[] | undefined {
  const isThere = (path: string): boolean => {
    let level: GraphDocument['nodes'] | undefined = nodes
    let type: string | undefined
    for (const id of path.split('/')) {
      type = level && own(level, id)?.type
      const def: string | undefined = type === undefined ? undefined : defOf(type)
      level = def === undefined ? undefined : own(defs, def)?.nodes
    }
    return type !== undefined
  }
  const sound = watches?.filter(w => isThere(splitWire(w.wire).node))
  return sound?.length === watches?.length ? watches : sound
}

/** The document with watches of nodes that have another path now. */
export function moveWatches(doc: GraphDocument, moved: (path: string) => string): GraphDocument {
  if (!doc.watches) return doc
  const watches = doc.watches.map(watch => {
    const { node, port } = splitWire(watch.wire)
    const path = moved(node)
    return path === node ? watch : { ...watch, wire: `${path}.${port}` as Wire }
  })
  return { ...doc, watches }
}
