import { availableParallelism, cpus, hostname } from 'node:os'
import type { MachineLoad } from '../graph/timing.ts'

/** Milliseconds that all processors of the machine have worked, whoever for. */
const busyMs = (): number =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)

/** The same of this process alone. */
function ownMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Begins to watch the machine; the function that it gives says what others did with it since. */
export function watchLoad(): () => MachineLoad {
  const [began, busy, own] = [performance.now(), busyMs(), ownMs()]
  return () => {
    const wall = performance.now() - began
    const others = (busyMs() - busy - (ownMs() - own)) / wall
    return { processors: cpus().length, others: Math.max(0, others) }
  }
}

/** What times on this machine are valid for. */
export const machineName = (): string =>
  [hostname(), cpus()[0]?.model ?? '', cpus().length, availableParallelism()].join('/')
