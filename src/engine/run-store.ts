import { randomBytes } from 'node:crypto'
import { appendFile, copyFile, mkdir, open, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { writeFileAtomic } from '../data/atomic.ts'
import { DataError } from '../data/error.ts'
import type { Report } from '../graph/host.ts'
import type { StepEvent } from '../protocol/messages.ts'
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

  private metricsFile(train: string): string {
    return join(this.path, `metrics.${train.replaceAll('/', '.')}.jsonl`)
  }

  /** Forgets the metrics from `step` on: they will be made again. */
  async truncateMetrics(train: string, step: number): Promise<void> {
    const file = this.metricsFile(train)
    const text = await readFile(file, 'utf8').catch(() => '')
    const kept = text.split('\n').filter(line => line && stepOf(line) < step)
    await writeFileAtomic(file, kept.map(line => `${line}\n`).join(''))
  }

  async readMetrics(train: string): Promise<StepEvent[]> {
    const text = await readFile(this.metricsFile(train), 'utf8').catch(() => '')
    return text
      .split('\n')
      .filter(line => stepOf(line) < Number.POSITIVE_INFINITY)
      .map(line => JSON.parse(line) as StepEvent)
  }

  metric(event: StepEvent): void {
    this.pending.push(`${JSON.stringify(event)}\n`)
    if (this.pending.length >= BUFFERED_LINES) void this.flush(event.node)
  }

  /** Everything that was logged is on the disk once this resolves. */
  flush(train: string, sync = false): Promise<void> {
    const lines = this.pending.join('')
    this.pending = []
    this.writing = this.writing.then(async () => {
      const file = this.metricsFile(train)
      if (lines) await appendFile(file, lines)
      if (!sync) return
      const handle = await open(file, 'a')
      await handle.sync().finally(() => handle.close())
    })
    return this.writing
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
