import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { type Found, processesWith } from '../e2e/processes.ts'

/** The parent of a process; 0 where it has ended. */
function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return 0
  }
}

function isUnder(pid: number, roots: ReadonlySet<number>): boolean {
  for (let at = pid; at > 1; at = parentOf(at)) if (roots.has(at)) return true
  return false
}

/** Chromium's own watcher belongs to nobody by design, and ends with the browser in its own time. */
const WATCHER = /chrome_crashpad_handler/

/** Processes with this mark that no living root has begun: what a kill has left behind. */
const orphans = (mark: string, roots: ReadonlySet<number>): readonly Found[] =>
  processesWith(mark).filter(({ pid, command }) => !isUnder(pid, roots) && !WATCHER.test(command))

/** Those that are still there after some time. */
export async function lastingOrphans(
  mark: string,
  roots: () => ReadonlySet<number>,
  ms: number,
): Promise<readonly Found[]> {
  for (const end = Date.now() + ms; ; await wait(50)) {
    const found = orphans(mark, roots())
    if (found.length === 0 || Date.now() > end) return found
  }
}

export function kill9(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself meanwhile.
  }
}
