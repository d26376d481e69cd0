import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

export interface Found {
  readonly pid: number
  readonly command: string
}

/** Processes that were started with this in their environment, whoever their parent is. Linux only. */
export function processesWith(mark: string): readonly Found[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0')
        // A zombie has ended; its parent has not asked for it yet.
        const isZombie = /^State:\s+Z/m.test(readFileSync(`/proc/${name}/status`, 'utf8'))
        if (!environment.includes(mark) || isZombie) return []
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
        return [{ pid: Number(name), command }]
      } catch {
        // It has ended meanwhile, or belongs to someone else.
        return []
      }
    })
}

/** Those that are still there after some time. */
export async function leftOver(mark: string, ms = 5000): Promise<readonly Found[]> {
  const end = Date.now() + ms
  for (;;) {
    const found = processesWith(mark)
    if (found.length === 0 || Date.now() > end) return found
    await wait(100)
  }
}
