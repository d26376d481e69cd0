import { randomBytes } from 'node:crypto'
import { appendFile, copyFile, mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { writeFileAtomic } from '../data/atomic.ts'
import { DataError, systemCode } from '../data/error.ts'
import type { BadRow } from '../data/table.ts'
import type { Report } from '../graph/host.ts'
import type { Edit, StepEvent } from '../protocol/messages.ts'
import { listCheckpoints } from './checkpoint.ts'

/** Metrics are written in batches of this many lines, and whenever a checkpoint is committed. */
const BUFFERED_LINES = 50

/**
 * One run's folder: the exact graph, metrics, checkpoints, reports. A resumed run goes on in the folder of the
 * run that it resumes.
 */
export class RunStore {
  readonly path: string
  private pending: string[] = []
  private writing: Promise<void> = Promise.resolve()
  /** By node id. */
  private readonly bad = new Map<string, readonly BadRow[]>()
  /** By Train id: the first step that its metrics file does not hold yet. */
  private readonly recorded = new Map<string, number>()

  private constructor(path: string) {
    this.path = path
  }

  static async create(
    out: string,
    graphFile: string,
    graphText: string,
    now = new Date(),
  ): Promise<RunStore> {
    const time = now.toISOString().slice(0, 19).replaceAll(':', '-')
    const name = basename(graphFile).replace(/\.json$/, '')
    const path = join(resolve(out), 'runs', `${time}-${name}-${randomBytes(3).toString('hex')}`)
    await mkdir(path, { recursive: true })
    await writeFileAtomic(join(path, 'graph.json'), graphText)
    return new RunStore(path)
  }

  /** The run that holds a checkpoint, or the run itself. */
  static async open(resumeFrom: string): Promise<RunStore> {
    const at = resolve(resumeFrom)
    const run = basename(at).startsWith('step-') ? dirname(dirname(dirname(at))) : at
    const known = await stat(join(run, 'graph.json')).catch(() => undefined)
    if (!known)
      throw new DataError(
        `${resumeFrom} is neither a run's folder nor one of its checkpoints. A run's folder holds graph.json; its checkpoints are in checkpoints/<train>/step-N.`,
      )
    return new RunStore(run)
  }

  checkpoints(train: string): string {
    return join(this.path, 'checkpoints', train.replaceAll('/', '.'))
  }

  /** The checkpoint to resume a stage from: the one that was named, or the newest that is committed. */
  async newest(train: string, resumeFrom: string): Promise<string | undefined> {
    const folder = this.checkpoints(train)
    if (dirname(resolve(resumeFrom)) === folder) return resolve(resumeFrom)
    return (await listCheckpoints(folder))[0]?.path
  }

  /**
   * Refuses to resume with a graph that none of the committed checkpoints, or not the one that was named, belongs
   * to: its training would start anew in another graph's run. Resolves to whether there is a checkpoint at all.
   */
  async resumable(resumeFrom: string, trains: readonly string[]): Promise<boolean> {
    const at = resolve(resumeFrom)
    const folder = join(this.path, 'checkpoints')
    const own = new Map(trains.map(id => [basename(this.checkpoints(id)), id]))
    const named = dirname(dirname(at)) === folder ? [basename(dirname(at))] : undefined
    const found: string[] = []
    for (const name of named ?? (await readdir(folder).catch(() => [])))
      if (named || (await listCheckpoints(join(folder, name))).length > 0) found.push(name)
    if (found.length === 0) return false
    if (found.some(name => own.has(name))) return true
    const list = (names: readonly string[]) => names.map(name => `"${name}"`).join(', ')
    throw new DataError(
      `${resumeFrom} belongs to another graph: it was trained by the node ${list(found)}, and this graph trains ${list(trains) || 'nothing'}.`,
    )
  }

  private metricsFile(train: string): string {
    return join(this.path, `metrics.${train.replaceAll('/', '.')}.jsonl`)
  }

  /**
   * Prepares the metrics for going on from a checkpoint of `step`. What reaches beyond the newest committed
   * checkpoint is forgotten, for it will be made again; what stands between the two is kept and not written twice.
   */
  async resumeMetrics(train: string, step: number): Promise<void> {
    const [newest] = await listCheckpoints(this.checkpoints(train))
    const end = Math.max(step, newest?.step ?? 0)
    const file = this.metricsFile(train)
    const text = await readFile(file, 'utf8').catch(() => '')
    let next = 0
    const kept = text.split('\n').filter(line => {
      const at = stepOf(line)
      const isNext = at >= next && at < end
      if (isNext) next = at + 1
      return isNext
    })
    this.recorded.set(train, next)
    await writeFileAtomic(file, kept.map(line => `${line}\n`).join(''))
  }

  /** Begins the metrics of a stage with the steps that another run took; it goes on with `step`. */
  async inheritMetrics(train: string, steps: readonly StepEvent[], step: number): Promise<void> {
    this.recorded.set(train, step)
    await writeFileAtomic(this.metricsFile(train), steps.map(event => `${JSON.stringify(event)}\n`).join(''))
  }

  async readMetrics(train: string): Promise<StepEvent[]> {
    const text = await readFile(this.metricsFile(train), 'utf8').catch(() => '')
    return text
      .split('\n')
      .filter(line => stepOf(line) < Number.POSITIVE_INFINITY)
      .map(line => JSON.parse(line) as StepEvent)
  }

  /**
   * Another path begins after `step` steps: checkpoints and metrics beyond it are put into `left-behind`, where they
   * are whole and nothing goes on from them.
   */
  async leaveBehind(train: string, step: number): Promise<void> {
    await this.flush(train)
    const name = train.replaceAll('/', '.')
    const beyond = (await listCheckpoints(this.checkpoints(train))).filter(c => c.step > step)
    const file = this.metricsFile(train)
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(line => line !== '')
    const left = lines.filter(line => stepOf(line) >= step)
    if (beyond.length === 0 && left.length === 0) return
    const parent = join(this.path, 'left-behind')
    const count = (await readdir(parent).catch(() => [])).length
    const folder = join(parent, `${count + 1}.${name}`)
    await mkdir(folder, { recursive: true })
    const text = (some: readonly string[]) => some.map(line => `${line}\n`).join('')
    await writeFileAtomic(join(folder, 'metrics.jsonl'), text(left))
    for (const { path } of beyond) await rename(path, join(folder, basename(path)))
    await writeFileAtomic(file, text(lines.filter(line => stepOf(line) < step)))
    this.recorded.set(train, Math.min(step, this.recorded.get(train) ?? 0))
  }

  /** Keeps what was changed while a stage trained. */
  async edited(train: string, edits: readonly Edit[]): Promise<void> {
    const file = join(this.path, `edits.${train.replaceAll('/', '.')}.json`)
    await writeFileAtomic(file, `${JSON.stringify(edits, null, 2)}\n`)
  }

  metric(event: StepEvent): void {
    if (event.step < (this.recorded.get(event.node) ?? 0)) return
    this.pending.push(`${JSON.stringify(event)}\n`)
    if (this.pending.length < BUFFERED_LINES) return
    this.flush(event.node).catch(() => {
      // The next flush that is waited for, before each checkpoint and at the end, fails with the same reason.
    })
  }

  /** Everything that was logged is on the disk once this resolves. */
  flush(train: string, sync = false): Promise<void> {
    const lines = this.pending.join('')
    this.pending = []
    this.writing = this.writing.then(async () => {
      const file = this.metricsFile(train)
      try {
        if (lines) await appendFile(file, lines)
        if (!sync) return
        const handle = await open(file, 'a')
        await handle.sync().finally(() => handle.close())
      } catch (e) {
        if (systemCode(e) !== 'ENOSPC') throw e
        throw new DataError(
          `The disk is full: no room for metrics in ${file}. Committed checkpoints are whole; free some space and resume.`,
        )
      }
    })
    return this.writing
  }

  private leftOutFile(node: string): string {
    return join(this.path, `left-out.${node.replaceAll('/', '.')}.jsonl`)
  }

  /** Remembers the rows that a node left out until `writeLeftOut`; returns the file that will name them. */
  leftOut(node: string, rows: readonly BadRow[]): string {
    this.bad.set(node, [...(this.bad.get(node) ?? []), ...rows])
    return this.leftOutFile(node)
  }

  async writeLeftOut(): Promise<void> {
    for (const [node, rows] of this.bad)
      await writeFileAtomic(this.leftOutFile(node), rows.map(row => `${JSON.stringify(row)}\n`).join(''))
    this.bad.clear()
  }

  async report(node: string, report: Report): Promise<void> {
    const file = join(this.path, 'reports', `${node.replaceAll('/', '.')}.json`)
    await writeFileAtomic(file, `${JSON.stringify(report, null, 2)}\n`)
  }

  /** Takes over the metrics that a cached stage was trained with. */
  async adoptMetrics(train: string, from: string): Promise<void> {
    await copyFile(from, this.metricsFile(train)).catch(() => {})
  }

  metricsPath(train: string): string {
    return this.metricsFile(train)
  }
}

/** The step of a metrics line; a torn last line counts as the far future. */
function stepOf(line: string): number {
  try {
    return (JSON.parse(line) as StepEvent).step
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
