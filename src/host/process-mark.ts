import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** Names a process for good: its number may be given to another one later. */
export interface ProcessMark {
  readonly pid: number
  /** When it started, in the kernel's ticks, where the system tells. */
  readonly started?: string
}

export const processMark = z.object({ pid: z.int(), started: z.string().optional() })

/** A process's state and start from `/proc`; undefined elsewhere. */
function statOf(pid: number): { readonly state?: string; readonly started?: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0], started: fields[19] }
  } catch {
    return undefined
  }
}

export const thisProcess = (): ProcessMark => ({ pid: process.pid, started: statOf(process.pid)?.started })

/** A mark as a part of a file's name. */
export const markName = ({ pid, started = '' }: ProcessMark): string => `${pid}-${started}`

/** The mark in such a part; undefined where it is none. */
export function markOf(name: string): ProcessMark | undefined {
  const [, pid, started] = /^(\d+)-(\d*)$/.exec(name) ?? []
  return pid === undefined ? undefined : { pid: Number(pid), started: started || undefined }
}

export function isAlive({ pid, started }: ProcessMark): boolean {
  try {
    process.kill(pid, 0)
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === 'EPERM'
  }
  const now = statOf(pid)
  return !now || (now.state !== 'Z' && (started === undefined || now.started === started))
}

export const isThisProcess = (mark: ProcessMark): boolean => {
  const own = thisProcess()
  return mark.pid === own.pid && mark.started === own.started
}
