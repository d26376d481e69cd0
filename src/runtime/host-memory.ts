import { readFileSync } from 'node:fs'
import { freemem, totalmem } from 'node:os'

/** Reads a small file of the system; undefined where there is none. */
export type ReadText = (path: string) => string | undefined

export interface HostMemory {
  readonly totalBytes: number
  readonly availableBytes: number
  readonly what: string
}

const readText: ReadText = path => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/**
 * Memory that this process may still take without swapping: what the kernel says is available (page cache
 * included), or less where a control group (a container, a batch system's job) sets a limit.
 */
export function hostMemory(read: ReadText = readText): HostMemory {
  const groups = controlGroups(read)
  return groups.reduce(
    (least, m) => (m.availableBytes < least.availableBytes ? m : least),
    machineMemory(read),
  )
}

function machineMemory(read: ReadText): HostMemory {
  const what = "this machine's memory"
  const text = read('/proc/meminfo') ?? ''
  const kib = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? Number.NaN)
  const [total, available] = [kib('MemTotal') * 1024, kib('MemAvailable') * 1024]
  if (Number.isFinite(total) && Number.isFinite(available))
    return { totalBytes: total, availableBytes: available, what }
  return { totalBytes: totalmem(), availableBytes: freemem(), what }
}

/** The limits of the process's control group and of those it lies in, by version 2 and 1 of their interface. */
function controlGroups(read: ReadText): HostMemory[] {
  const found: HostMemory[] = []
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    const unified = controllers === ''
    if (!path || !(unified || controllers.split(',').includes('memory'))) continue
    const root = unified ? '/sys/fs/cgroup' : '/sys/fs/cgroup/memory'
    const names = unified
      ? { limit: 'memory.max', used: 'memory.current', cache: 'inactive_file' }
      : { limit: 'memory.limit_in_bytes', used: 'memory.usage_in_bytes', cache: 'total_inactive_file' }
    for (const folder of upwards(path)) {
      const at = (name: string) => read(`${root}${folder}/${name}`)?.trim() ?? ''
      const limit = Number.parseInt(at(names.limit), 10)
      const used = Number.parseInt(at(names.used), 10)
      // Version 1 writes "no limit" as a huge number.
      if (!Number.isFinite(limit) || !Number.isFinite(used) || limit > 2 ** 60) continue
      // Pages of files that nobody uses are given back before anything is refused.
      const cache = Number(new RegExp(`^${names.cache} (\\d+)$`, 'm').exec(at('memory.stat'))?.[1] ?? 0)
      found.push({
        totalBytes: limit,
        availableBytes: Math.max(0, limit - used + cache),
        what: 'the memory that its control group allows',
      })
    }
  }
  return found
}

/** `/a/b` → `/a/b`, `/a`, and the root. */
function upwards(path: string): string[] {
  const parts = path.split('/').filter(p => p !== '')
  return Array.from({ length: parts.length + 1 }, (_, i) => parts.slice(0, parts.length - i)).map(p =>
    p.length > 0 ? `/${p.join('/')}` : '',
  )
}
