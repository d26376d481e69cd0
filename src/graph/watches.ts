import type { Draft } from 'immer'
import { CommandFault } from './command-fault.ts'
import type { GraphDocument, WatchJson } from './document.ts'

/** What names a watch: its wire, and the inner value of the wire's node where one is watched. */
export const watchName = ({ wire, inner }: Pick<WatchJson, 'wire' | 'inner'>): string =>
  inner === undefined ? wire : `${wire} ${inner}`

/** A document without watches has no list of them. */
export function setWatches(doc: Draft<GraphDocument>, watches: readonly WatchJson[]): void {
  const names = new Set(watches.map(watchName))
  if (names.size < watches.length) throw new CommandFault('a wire is watched once')
  for (const { every, step = 0, wire } of watches)
    if (!isCount(every) || !isCount(step)) throw new CommandFault(`"${wire}": steps are whole numbers from 0`)
  if (watches.length === 0) delete doc.watches
  else doc.watches = watches as Draft<WatchJson[]>
}

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0
