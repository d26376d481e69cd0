import type { RunInfo } from '../../protocol/workbench.ts'

/** Runs by id as they become known from the queue, a document's history and answers; newest first. */
export class RunList {
  private byId = new Map<string, RunInfo>()

  /** What the host says of the queue: a waiting run that is not in it was taken out. */
  queue(runs: readonly RunInfo[]): void {
    const there = new Set(runs.map(r => r.id))
    for (const [id, info] of this.byId) if (info.state === 'waiting' && !there.has(id)) this.byId.delete(id)
    this.add(runs)
  }

  add(runs: readonly RunInfo[]): void {
    for (const run of runs) {
      // News of the queue come without reports; they don't take away what is known.
      const known = this.byId.get(run.id)?.reports
      const none = Object.keys(run.reports).length === 0
      this.byId.set(run.id, none && known ? { ...run, reports: known } : run)
    }
  }

  remove(id: string): void {
    this.byId.delete(id)
  }

  get(id: string): RunInfo | undefined {
    return this.byId.get(id)
  }

  get all(): readonly RunInfo[] {
    return [...this.byId.values()].sort((a, b) => b.queuedAt - a.queuedAt)
  }
}

/** The run to look at first: one that trains now rather than one that waits behind it. */
export function newest(history: readonly RunInfo[]): RunInfo | undefined {
  return history.find(r => r.state !== 'waiting' && r.endedAt === null) ?? history[0]
}
