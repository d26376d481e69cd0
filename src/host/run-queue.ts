import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { parseGraph } from '../graph/parse.ts'
import type { EngineName } from '../protocol/engine-name.ts'
import type { ParamChange } from '../protocol/messages.ts'
import type { WatchNotice, WatchSpec } from '../protocol/watch.ts'
import type { EnqueueOptions, RunAction, RunFork, RunInfo } from '../protocol/workbench.ts'
import { readIfThere } from './disk.ts'
import { EngineGone } from './engine-process.ts'
import { type EngineSupervisor, reasonGone } from './engine-supervisor.ts'
import { asFault, Fault, logFault } from './fault.ts'
import { checkpointOf, secureCheckpoint } from './fork.ts'
import type { PluginSupervisor } from './plugin.ts'
import type { QueueStore, StoredEntry } from './queue-store.ts'
import { QueuedRun } from './queued-run.ts'
import { catchUp } from './run-catch-up.ts'
import { readRun, timesOf } from './run-folders.ts'
import { RunLog } from './run-log.ts'
import { checkpointsOf, synthesizeEvents } from './run-synthesis.ts'

/** Ended runs stay in the list this many at a time; the others are found in their folders. */
const ENDED_KEPT = 10

export interface RunQueueOptions {
  readonly store: QueueStore
  readonly engine: EngineSupervisor
  readonly plugin: PluginSupervisor
  /** Bytes of memory that a run may take for states to step back to. */
  readonly snapshotBytes: () => number
  readonly onChange: () => void
  readonly onWatched: (run: string, notice: WatchNotice) => void
}

/** Runs, one at a time, in the order in which they were asked for. */
export class RunQueue {
  private readonly options: RunQueueOptions
  private runs: QueuedRun[] = []
  private active: QueuedRun | undefined
  /** Told when the run that is under way has ended. */
  private ended: Promise<void> = Promise.resolve()
  private closed = false
  /** The active run was told to end without a checkpoint. */
  private cancelling = false

  constructor(options: RunQueueOptions) {
    this.options = options
  }

  /** Takes over what an earlier host has left: what waited waits for a word, what ran was interrupted. */
  async adopt(): Promise<void> {
    for (const stored of this.options.store.adopt()) this.runs.push(await this.revive(stored))
    if (this.runs.length > 0) this.changed()
  }

  get list(): readonly RunInfo[] {
    return this.runs.map(run => run.info)
  }

  find(id: string): QueuedRun | undefined {
    return this.runs.find(run => run.id === id)
  }

  get isBusy(): boolean {
    return this.active !== undefined
  }

  enqueue(
    text: string,
    options: EnqueueOptions,
    from: { readonly source: string; readonly file: string | null; readonly fork?: RunFork },
  ): RunInfo {
    const { document, diagnostics } = parseGraph(text)
    if (!document) throw new Fault('not-a-graph', 'What was to run is not a graph.', diagnostics)
    const id = `${new Date().toISOString().replace(/[-:]|\..*/g, '')}-${randomBytes(5).toString('hex')}`
    const order = { id, ...from, title: document.meta.title, text, options }
    const run = QueuedRun.fresh(order, Date.now(), this.onChange)
    this.runs.push(run)
    this.changed()
    this.next()
    return run.info
  }

  /** Acknowledged at once: what was asked for shows in the state before the engine has answered. */
  control(id: string, action: RunAction, steps?: number): RunInfo {
    const run = this.find(id)
    if (!run?.isLive) throw new Fault('bad-request', 'This run is not under way.')
    if (run.state === 'waiting') this.controlWaiting(run, action)
    else this.controlActive(run, action, steps)
    return run.info
  }

  /** Acknowledged at once: `edited` among its events says from which step on. */
  edit(id: string, changes: readonly ParamChange[]): RunInfo {
    const run = this.find(id)
    if (!run?.request || run.state === 'stopping')
      throw new Fault('bad-request', 'This run is not under way.')
    this.options.engine.tell({ type: 'edit', run: run.request.id, changes })
    return run.info
  }

  /** Queues a run that begins with a step of another, on the same engine. */
  async fork(
    text: string,
    parent: { readonly id: string; readonly engine: EngineName },
    paused: boolean,
    from: { readonly source: string; readonly file: string | null; readonly fork: RunFork },
  ): Promise<RunInfo> {
    await secureCheckpoint(from.fork, this.find(parent.id), this.options.engine)
    return this.enqueue(text, { engine: parent.engine, fresh: false, paused }, from)
  }

  /** What a run is watched by; returns what there is to read. A run that is over is only looked back at. */
  watch(id: string, specs: readonly WatchSpec[]): readonly WatchNotice[] {
    const run = this.find(id)
    if (!run) return []
    if (run.isLive) {
      run.watches.set(specs)
      if (run.request) this.options.engine.tell({ type: 'watch', run: run.request.id, watches: specs })
    }
    return run.watches.notices
  }

  /** Lets a run that was held go, or queues one that ended early again, from its newest checkpoint. */
  async continue(
    id: string,
    found?: { readonly folder: string; readonly file: string | null },
  ): Promise<RunInfo> {
    const known = this.find(id)
    if (known?.isLive && !(known.state === 'waiting' && known.held))
      throw new Fault('bad-request', 'This run is not over.')
    if (known?.held) {
      known.held = false
      this.changed()
      this.next()
      return known.info
    }
    const run = known ?? (found && (await this.load(found.folder, found.file)))
    const at = run?.info.folder
    if (!run || !at) throw new Fault('not-found', 'There is no such run.')
    if ((await checkpointsOf(at)).size === 0)
      throw new Fault('bad-request', 'This run has no checkpoint to go on from. Run the graph again.')
    await catchUp(at, run.log)
    // Two windows may have asked at once.
    if (this.find(id)?.isLive || (this.find(id) ?? run) !== run)
      throw new Fault('bad-request', 'This run is not over.')
    run.resume = true
    this.runs = [...this.runs.filter(other => other !== run), run]
    run.set({ state: 'waiting', failure: null, endedAt: null, resumable: true, queuedAt: Date.now() })
    this.next()
    return run.info
  }

  remove(id: string): void {
    const run = this.find(id)
    if (!run) throw new Fault('not-found', 'This run is not in the queue.')
    if (run === this.active) throw new Fault('bad-request', 'This run is under way: stop it first.')
    this.drop(run)
  }

  /** No run of the list any more. */
  drop(run: QueuedRun): void {
    this.runs = this.runs.filter(other => other !== run)
    this.changed()
  }

  /** Gives a waiting run another turn: before another that waits; null: after all. */
  move(id: string, before: string | null): void {
    const run = this.find(id)
    const next = before === null ? undefined : this.find(before)
    const waits = (one: QueuedRun | undefined) => one?.state === 'waiting' && one !== this.active
    if (!run || !waits(run) || (before !== null && !waits(next)))
      throw new Fault('bad-request', 'Only runs that wait in the queue can change places.')
    if (run === next) return
    const others = this.runs.filter(other => other !== run)
    const at = next ? others.indexOf(next) : others.length
    this.runs = [...others.slice(0, at), run, ...others.slice(at)]
    this.changed()
  }

  /** Ends the run that is under way and starts no other. Resolves when it has ended, or was killed after `graceMs`. */
  async shutdown(how: 'checkpoint' | 'cancel', graceMs: number): Promise<void> {
    this.closed = true
    const run = this.active
    if (run) {
      if (run.state !== 'stopping' && run.request)
        this.controlActive(run, how === 'checkpoint' ? 'stop' : 'cancel')
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>(resolve => {
        timer = setTimeout(resolve, graceMs)
      })
      // A run that still waits for the plugin has nothing to end.
      await Promise.race([run.request ? this.ended : Promise.resolve(), late])
      clearTimeout(timer)
    }
    await Promise.all(this.runs.map(r => r.settled()))
    this.persist()
  }

  private controlWaiting(run: QueuedRun, action: RunAction): void {
    switch (action) {
      case 'stop':
      case 'cancel':
        if (run === this.active) this.active = undefined
        run.set({ state: 'cancelled', endedAt: Date.now(), resumable: run.resume })
        this.next()
        break
      case 'pause':
        run.options = { ...run.options, paused: true }
        break
      case 'resume':
        run.options = { ...run.options, paused: false }
        run.held = false
        this.changed()
        this.next()
        break
      default:
        throw new Fault('bad-request', 'This run has not begun yet.')
    }
  }

  private controlActive(run: QueuedRun, action: RunAction, steps?: number): void {
    const request = run.request
    if (!request) return
    const { engine } = this.options
    switch (action) {
      case 'stop':
      case 'cancel': {
        // Asked for twice, and the engine has no ear for it: it goes.
        const again = run.state === 'stopping' && action === 'cancel' && this.cancelling
        this.cancelling = action === 'cancel'
        run.set({ state: 'stopping' })
        if (again) void engine.kill()
        else engine.tell({ type: 'stop', run: request.id, how: action === 'stop' ? 'checkpoint' : 'cancel' })
        return
      }
      case 'pause':
        if (run.state !== 'running') return
        run.set({ state: 'pausing' })
        break
      case 'resume':
        if (run.state === 'pausing') run.set({ state: 'running' })
        else if (run.state !== 'paused') return
        break
      case 'step':
      case 'back':
      case 'seek':
        if (run.state === 'stopping') return
        if (run.state === 'running') run.set({ state: 'pausing' })
    }
    engine.tell({ type: 'control', run: request.id, action, steps })
  }

  /** Starts the next run, if nothing is under way. */
  private next(): void {
    if (this.active || this.closed) return
    const run = this.runs.find(r => r.state === 'waiting' && !r.held)
    if (!run) return
    this.active = run
    this.cancelling = false
    this.ended = this.carryOut(run)
      .catch(logFault)
      .then(() => {
        if (this.active === run) this.active = undefined
        this.dropEnded()
        this.persist()
        this.next()
      })
  }

  private async carryOut(run: QueuedRun): Promise<void> {
    const { engine, plugin } = this.options
    const { text, source } = run.order
    try {
      const folder = run.info.folder
      if (run.resume && folder) await run.log.attach(folder)
      if (run.options.engine === 'xla' && plugin.state.state !== 'ready') {
        run.say('info', 'Waits for the XLA plugin.')
        const state = await plugin.ready()
        if (state.state === 'missing') {
          if (run.state === 'waiting') run.fail({ message: state.problem, diagnostics: [] }, Date.now())
          return
        }
      }
      // Taken out of the queue meanwhile, or the host is closing.
      if (run.state !== 'waiting' || this.active !== run || this.closed) return
      const { engine: kind, fresh, paused } = run.options
      run.request = engine.request(
        {
          type: 'run',
          graph: { text, file: source, overrides: [] },
          options: {
            engine: kind,
            fresh,
            paused,
            resumeFrom: run.resume ? (folder ?? undefined) : undefined,
            forkFrom: run.order.fork && !run.resume ? checkpointOf(run.order.fork) : undefined,
            snapshotBytes: this.options.snapshotBytes(),
            watches: run.watches.specs,
          },
        },
        event => run.event(event),
        (watched, bytes) => {
          run.watches.take(watched, bytes)
          const { id: watch, train, step } = watched
          this.options.onWatched(run.id, { watch, train, step })
        },
      )
      run.set({ state: 'running', startedAt: Date.now() })
      const result = await run.request.result
      // Windows hear of the end after all that led to it.
      await run.log.flush()
      run.finish(result, Date.now())
      // A stage that came from the cache brought the metrics that it was trained with.
      const at = run.info.folder
      if (result.type === 'result' && result.outcome === 'completed' && at)
        await catchUp(at, run.log, 'stages from the cache').catch(logFault)
    } catch (e) {
      await run.log.flush()
      run.request = undefined
      const { folder } = run.info
      if (e instanceof EngineGone && folder) await catchUp(folder, run.log).catch(logFault)
      const endedAt = Date.now()
      if (e instanceof EngineGone && e.exit.kind === 'killed')
        run.set({ state: this.closed ? 'interrupted' : 'cancelled', endedAt })
      else if (e instanceof EngineGone)
        run.set({ state: 'interrupted', endedAt, failure: { message: reasonGone(e), diagnostics: [] } })
      else run.fail({ message: asFault(e).message, diagnostics: [] }, endedAt)
    } finally {
      await run.settled()
    }
  }

  private async revive(stored: StoredEntry): Promise<QueuedRun> {
    const { folder, began, startedAt, queuedAt, resume } = stored
    const { id, source, file, title, text, options, fork } = stored
    const log = folder ? await RunLog.open(folder).catch(() => new RunLog()) : new RunLog()
    const lastSign = folder && began ? (await timesOf(folder)).ended : null
    if (folder && began) await catchUp(folder, log).catch(logFault)
    const found = folder ? await readRun(folder, file).catch(() => undefined) : undefined
    // It may have ended in the moment before its host did.
    const over = found && found.info.state !== 'interrupted' && !resume ? found.info : undefined
    const resumable = folder ? (await checkpointsOf(folder)).size > 0 : false
    const info: RunInfo = {
      ...{ id, file, title, queuedAt, startedAt, folder },
      ...{ state: began ? 'interrupted' : 'waiting', endedAt: lastSign, events: 0, attribution: [] },
      failure: began ? { message: 'Diptych ended while it ran.', diagnostics: [] } : null,
      reports: found?.info.reports ?? {},
      resumable,
      ...(fork && { fork }),
      ...(began && over && { ...over, id }),
    }
    const run = new QueuedRun({ id, source, file, title, text, options, fork }, log, info, this.onChange)
    run.held = !began
    run.resume = resume
    if (folder && began && !over) run.keep()
    return run
  }

  /** A run that is known by its folder only, such as one that was made headless. */
  private async load(folder: string, file: string | null): Promise<QueuedRun | undefined> {
    const stored = await readRun(folder, file)
    const text = await readIfThere(join(folder, 'graph.json'))
    if (!stored || text === undefined) return undefined
    const { id, title } = stored.info
    const options: EnqueueOptions = { engine: stored.engine, fresh: false }
    // `<source>/../.diptych/runs/<id>`: relative paths in the graph start beside it.
    const source = file ?? join(dirname(dirname(dirname(folder))), 'graph.json')
    const log = await RunLog.open(folder)
    // What a headless run has left comes first, so that following the run shows all of it.
    if (log.length === 0) log.append(await synthesizeEvents(folder, parseGraph(text).document))
    return new QueuedRun({ id, source, file, title, text, options }, log, stored.info, this.onChange)
  }

  private dropEnded(): void {
    const ended = this.runs.filter(run => !run.isLive)
    const dropped = new Set(ended.slice(0, Math.max(0, ended.length - ENDED_KEPT)))
    if (dropped.size === 0) return
    this.runs = this.runs.filter(run => !dropped.has(run))
    this.changed()
  }

  private readonly onChange = (): void => this.changed()

  private changed(): void {
    this.persist()
    this.options.onChange()
  }

  private persist(): void {
    try {
      this.options.store.write(this.runs.flatMap(run => run.stored ?? []))
    } catch (e) {
      logFault(e)
    }
  }
}
