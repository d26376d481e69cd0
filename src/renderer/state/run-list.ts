import type { RunInfo } from '../../protocol/workbench.ts'
import { isLive } from './run-reducer.ts'

/**
 * Runs by id as they become known from the queue, a document's history and answers; newest first. What the host tells
 * on its own is the newest there is; an answer may be older than what was told while it was on its way.
 */
export class RunList {
  private byId = new Map<string, RunInfo>()
  /** How often the host has told something, and when it did so of a run. */
  private tellings = 0
  private readonly toldAt = new Map<string, number>()
  /** As the host told them last. */
  private turns: readonly string[] = []

  /** What the host says of the queue: a waiting run that is not in it was taken out. */
  queue(runs: readonly RunInfo[]): void {
    const there = new Set(runs.map(r => r.id))
    for (const [id, info] of this.byId) if (info.state === 'waiting' && !there.has(id)) this.remove(id)
    this.turns = runs.map(r => r.id)
    this.told(runs)
  }

  /** What the host tells on its own. */
  told(runs: readonly RunInfo[]): void {
    this.tellings++
    for (const { id } of runs) this.toldAt.set(id, this.tellings)
    this.add(runs)
  }

  /** Something is being asked: takes the answer, less what was told meanwhile. */
  asking(): (runs: readonly RunInfo[]) => void {
    const asked = this.tellings
    return runs => this.answered(runs, asked)
  }

  /** An answer that was asked for nobody knows when: news of any time are newer. */
  learn(runs: readonly RunInfo[]): void {
    this.answered(runs, 0)
  }

  private answered(runs: readonly RunInfo[], asked: number): void {
    this.add(
      runs.flatMap(run => {
        if ((this.toldAt.get(run.id) ?? 0) <= asked) return [run]
        // Taken out meanwhile, or only its reports and its loss are news.
        const known = this.byId.get(run.id)
        return known
          ? [{ ...known, reports: { ...run.reports, ...known.reports }, loss: known.loss ?? run.loss }]
          : []
      }),
    )
  }

  private add(runs: readonly RunInfo[]): void {
    for (const run of runs) {
      // News of the queue come without reports and without a loss; they don't take away what is known.
      const known = this.byId.get(run.id)
      const none = Object.keys(run.reports).length === 0
      const reports = none && known ? known.reports : run.reports
      const loss = run.loss === undefined ? known?.loss : run.loss
      const same = reports === run.reports && loss === run.loss
      this.byId.set(run.id, same ? run : { ...run, reports, loss })
    }
  }

  remove(id: string): void {
    this.toldAt.set(id, ++this.tellings)
    this.byId.delete(id)
  }

  get(id: string): RunInfo | undefined {
    return this.byId.get(id)
  }

  /** Those that wait, in the order of their turns; one that was only just asked for comes last. */
  get waiting(): readonly string[] {
    const known = new Set(this.turns)
    const all = [...this.turns, ...[...this.byId.keys()].filter(id => !known.has(id))]
    return all.filter(id => this.byId.get(id)?.state === 'waiting')
  }

  /** By when they began, or by when they were asked for: turns may be changed. */
  get all(): readonly RunInfo[] {
    return [...this.byId.values()].sort((a, b) => timeOf(b) - timeOf(a) || b.queuedAt - a.queuedAt)
  }
}

const timeOf = ({ startedAt, queuedAt }: RunInfo): number => startedAt ?? queuedAt

/** The run to look at first: one that trains now rather than one that waits behind it. */
export function newest(history: readonly RunInfo[]): RunInfo | undefined {
  return history.find(isLive) ?? history[0]
}
