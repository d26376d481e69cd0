import type { RunInfo } from '../../protocol/workbench.ts'
import { isLive } from '../state/run-reducer.ts'

/** A line of the list of runs. */
export interface RunRow {
  readonly info: RunInfo
  /** How many runs have their turn before it, of those that wait; null for one that does not wait. */
  readonly turn: number | null
}

/** What runs, what waits in the order of its turns, then what has ended, newest first: that of this document only. */
export function runRows(
  infos: readonly RunInfo[],
  history: readonly RunInfo[],
  queue: readonly string[],
): readonly RunRow[] {
  const byId = new Map([...infos, ...history].map(info => [info.id, info] as const))
  let turn = 0
  const waiting = queue.flatMap(id => {
    const info = byId.get(id)
    // What is held lets others go by.
    return info ? [{ info, turn: info.held ? turn : turn++ }] : []
  })
  const waits = new Set(queue)
  const begun = (list: readonly RunInfo[]) => list.filter(info => !waits.has(info.id))
  // Of other files, what takes up the engine.
  const live = begun([...byId.values()]).filter(isLive)
  const ended = begun(history).filter(info => !live.includes(info))
  const plain = (info: RunInfo): RunRow => ({ info, turn: null })
  return [...live.map(plain), ...waiting, ...ended.map(plain)]
}

/** `next`, `2nd in the queue`. */
export function turnText(turn: number): string {
  if (turn === 0) return 'next'
  const n = turn + 1
  const teen = n % 100 >= 11 && n % 100 <= 13
  return `${n}${(!teen && ['', 'st', 'nd', 'rd'][n % 10]) || 'th'} in the queue`
}

/** What a run is to stand before, to come so many turns earlier (−1) or later (1); undefined where it can't. */
export function moveBefore(queue: readonly string[], run: string, by: -1 | 1): string | null | undefined {
  const at = queue.indexOf(run)
  const to = at + by
  if (at < 0 || to < 0 || to >= queue.length) return undefined
  return queue[by < 0 ? to : to + 1] ?? null
}
