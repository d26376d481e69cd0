import type { Event, Result } from '../protocol/messages.ts'
import type { EnqueueOptions, RunFork, RunInfo } from '../protocol/workbench.ts'
import type { EngineRequest } from './engine-process.ts'
import { logFault } from './fault.ts'
import type { StoredEntry } from './queue-store.ts'
import { isLive, writeRunFile } from './run-folders.ts'
import { RunLog } from './run-log.ts'
import { RunWatches } from './run-watches.ts'

/** While steps are taken, the time is noted this often. */
const MARK_MS = 250

/** What a run is made of; none of it changes while it waits. */
export interface RunOrder {
  readonly id: string
  readonly source: string
  readonly file: string | null
  readonly title: string
  readonly text: string
  readonly options: EnqueueOptions
  /** The step of another run that it begins with. */
  readonly fork?: RunFork
}

/** One run in the queue: its state as windows see it, and what happened in it. */
export class QueuedRun {
  readonly order: RunOrder
  readonly log: RunLog
  readonly watches = new RunWatches()
  options: EnqueueOptions
  /** Goes on with what is in its folder. */
  resume = false
  /** Waits for a word after a restart. */
  held = false
  /** Under way in the engine. */
  request: EngineRequest | undefined
  private current: RunInfo
  private readonly onChange: (run: QueuedRun) => void
  private writing: Promise<void> = Promise.resolve()
  private marked = 0

  constructor(order: RunOrder, log: RunLog, info: RunInfo, onChange: (run: QueuedRun) => void) {
    this.order = order
    this.options = order.options
    this.log = log
    this.current = info
    this.onChange = onChange
  }

  static fresh(order: RunOrder, now: number, onChange: (run: QueuedRun) => void): QueuedRun {
    const { id, file, title, fork } = order
    const info: RunInfo = {
      ...{ id, file, title, state: 'waiting', queuedAt: now, startedAt: null, endedAt: null, folder: null },
      ...{ resumable: false, failure: null, events: 0, attribution: [], reports: {} },
      ...(fork && { fork }),
    }
    return new QueuedRun(order, new RunLog(), info, onChange)
  }

  get id(): string {
    return this.order.id
  }

  get info(): RunInfo {
    const held = this.held && this.current.state === 'waiting'
    return { ...this.current, events: this.log.length, ...(held ? { held } : {}) }
  }

  get state(): RunInfo['state'] {
    return this.current.state
  }

  get isLive(): boolean {
    return isLive(this.state)
  }

  /** To be kept over a restart: it waits, runs, or was interrupted before there was a folder to find it by. */
  get stored(): StoredEntry | undefined {
    if (!this.isLive) return undefined
    const { folder, queuedAt, startedAt, state } = this.current
    return {
      ...this.order,
      title: this.current.title,
      options: { ...this.options },
      began: state !== 'waiting',
      folder,
      resume: this.resume,
      queuedAt,
      startedAt,
    }
  }

  set(change: Partial<RunInfo>): void {
    const before = this.current
    this.current = { ...before, ...change }
    if (this.current.folder && (before.state !== this.current.state || !before.folder)) this.keep()
    this.onChange(this)
  }

  /** Its folder says so once it has one. */
  async rename(title: string): Promise<void> {
    this.set({ title })
    if (this.current.folder) this.keep()
    await this.writing
  }

  say(level: 'info' | 'warning', message: string): void {
    this.log.append([{ type: 'log', level, message }])
  }

  /** Everything of it is on the disk. */
  async settled(): Promise<void> {
    await this.log.close()
    await this.writing
  }

  /** What the engine tells changes the run's state first, then goes to its log. */
  event(event: Event): void {
    switch (event.type) {
      case 'run':
        this.adopt(event.folder)
        break
      case 'paused':
        if (this.state !== 'stopping') this.set({ state: 'paused' })
        break
      case 'resumed':
        if (this.state === 'paused') this.set({ state: 'running' })
        break
      case 'checkpoint':
        // The checkpoint's path tells of the folder to those that know no `run` event.
        this.adopt(folderOfCheckpoint(event.path))
        if (!this.current.resumable) this.set({ resumable: true })
        break
      case 'report':
        this.set({ reports: { ...this.current.reports, [event.node]: event.report } })
        break
    }
    const held = event.type === 'paused' || event.type === 'resumed'
    if (held) this.mark(0)
    this.log.append([event])
    if (event.type === 'step') this.mark(MARK_MS)
  }

  /** Notes the time, unless that was done less than `apart` milliseconds ago. */
  private mark(apart: number): void {
    const now = Date.now()
    if (now - this.marked < apart) return
    this.marked = now
    this.log.append([{ type: 'time', ms: now - (this.current.startedAt ?? now) }])
  }

  /** The engine's answer. */
  finish(result: Result, now: number): void {
    this.request = undefined
    if (result.type === 'result') {
      this.adopt(result.run)
      const { reports, attribution, outcome } = result
      this.set({
        ...{ state: outcome, endedAt: now, reports, attribution },
        resumable: outcome !== 'completed' && this.current.resumable,
      })
    } else {
      const failed = result.type === 'failed'
      const message = failed ? result.message : `the engine answered a run with "${result.type}"`
      this.fail(
        { message, node: failed ? result.node : undefined, diagnostics: failed ? result.diagnostics : [] },
        now,
      )
    }
  }

  fail(failure: NonNullable<RunInfo['failure']>, now: number): void {
    this.request = undefined
    this.set({ state: 'failed', endedAt: now, failure })
  }

  private adopt(folder: string): void {
    if (this.current.folder === folder) return
    this.log.attach(folder).catch(logFault)
    this.set({ folder })
  }

  /** Its folder says how it stands. */
  keep(): void {
    this.writing = this.writing
      .then(() => writeRunFile(this.current.folder!, this.current, this.order.options.engine))
      .catch(e => this.say('warning', `The run's state could not be written: ${(e as Error).message}`))
  }
}

const folderOfCheckpoint = (path: string): string =>
  path.replace(/[\\/]checkpoints[\\/][^\\/]+[\\/][^\\/]+$/, '')
