import { availableParallelism } from 'node:os'
import type { HostTransport } from '../protocol/transport.ts'
import type { HostEvent, RunInfo, Settings, Welcome } from '../protocol/workbench.ts'
import { Documents } from './documents.ts'
import { EngineSupervisor } from './engine-supervisor.ts'
import { logFault } from './fault.ts'
import { handlersOf } from './handlers.ts'
import { KnownRuns } from './known-runs.ts'
import { MeasureReader } from './measure-reader.ts'
import { PlanReader } from './plan-reader.ts'
import { type FetchPlugin, PluginSupervisor } from './plugin.ts'
import { QueueStore } from './queue-store.ts'
import { RunQueue } from './run-queue.ts'
import { SchemaReader } from './schema-reader.ts'
import { Session } from './session.ts'
import { MOST_RECENT, type SettingsStore } from './settings.ts'

export interface WorkbenchOptions {
  /** Plugins, packs, compiled programs. */
  readonly cacheFolder: string
  /** Journals, leases, queues. */
  readonly configFolder: string
  /** Graphs that come with Diptych. */
  readonly graphsFolder: string
  /** What a window opens when nothing else is asked for. */
  readonly welcome: string
  readonly settings: SettingsStore
  readonly version: string
  readonly shell: 'browser' | 'desktop'
  /** The engine's program; by default `engine.mjs` beside this program's bundle. */
  readonly engineEntry?: string
  /** The plain Node that runs the engine; by default the one that runs this process. */
  readonly engineNode?: string
  readonly fetchPlugin?: FetchPlugin
  /** What becomes of a run when the last window has gone. */
  readonly whenClosed: 'go-on' | 'stop'
  /** The last window has gone and everything has ended; only with `whenClosed: 'stop'`. */
  readonly onIdle?: () => void
  /** A window that is reloaded comes back within this time. */
  readonly graceMs?: number
  /** An engine that did nothing for this long is put to rest. */
  readonly engineIdleMs?: number
  readonly onEngineLog?: (chunk: Uint8Array) => void
}

const GRACE_MS = 15_000
const ENGINE_IDLE_MS = 10 * 60_000
/** How long a run may take to commit its checkpoint when everything ends. */
const STOP_MS = 60_000
/** `runs.changed` comes at most this often, and at once after a pause. */
const CHANGED_MS = 50

/**
 * The host: everything that the windows of one process share. Each window is a session over its own transport;
 * documents belong to sessions, the queue and the engine to all. `start` once, `connect` for each window, `close`
 * at the end.
 */
export class Workbench {
  readonly options: WorkbenchOptions
  readonly documents: Documents
  readonly engine: EngineSupervisor
  readonly plugin: PluginSupervisor
  readonly queue: RunQueue
  readonly runs: KnownRuns
  readonly schemas: SchemaReader
  readonly plans: PlanReader
  readonly measures: MeasureReader
  private readonly sessions = new Set<Session>()
  private grace: NodeJS.Timeout | undefined
  private told = 0
  private telling: NodeJS.Timeout | undefined
  private closing: Promise<void> | undefined

  constructor(options: WorkbenchOptions) {
    this.options = options
    this.documents = new Documents(options.configFolder)
    this.plugin = new PluginSupervisor(options.cacheFolder, options.fetchPlugin, data =>
      this.broadcast({ event: 'plugin.state', data }),
    )
    this.engine = new EngineSupervisor({
      entry: options.engineEntry,
      node: options.engineNode,
      env: () => this.engineEnv(),
      idleMs: options.engineIdleMs ?? ENGINE_IDLE_MS,
      onState: data => this.broadcast({ event: 'engine.state', data }),
      onLog: options.onEngineLog,
    })
    this.queue = new RunQueue({
      store: new QueueStore(options.configFolder),
      engine: this.engine,
      plugin: this.plugin,
      snapshotBytes: () => options.settings.read().snapshotMegabytes * 1e6,
      onChange: () => this.runsChanged(),
      onWatched: (run, notice) => this.broadcast({ event: 'run.watched', data: { run, ...notice } }),
    })
    this.runs = new KnownRuns(this.queue)
    const places = () => this.options.settings.read().places
    this.schemas = new SchemaReader(this.engine, places)
    this.plans = new PlanReader(this.engine, places)
    this.measures = new MeasureReader(this.engine, places)
  }

  /** Takes over what an earlier host has left, and looks for the plugin. Windows may connect before it is done. */
  async start(): Promise<void> {
    this.plugin.ready().catch(logFault)
    await this.queue.adopt()
  }

  /** A new window. `receive` gets each of its frames; `closed` is called once when it is gone. */
  connect(transport: HostTransport): { receive(frame: unknown): void; closed(): void } {
    clearTimeout(this.grace)
    const session = new Session(transport, handlersOf(this))
    this.sessions.add(session)
    return {
      receive: frame => session.receive(frame),
      closed: () => {
        if (!this.sessions.delete(session)) return
        session.end()
        this.documents.leave(session).catch(logFault)
        if (this.sessions.size === 0) this.lastClosed()
      },
    }
  }

  /** Windows that are open. */
  get windows(): number {
    return this.sessions.size
  }

  /** A run is under way or waits to be. */
  get isBusy(): boolean {
    return this.queue.isBusy
  }

  welcome(): Welcome {
    const { version, shell, settings, welcome } = this.options
    return {
      ...{ version, shell, welcome },
      settings: settings.read(),
      engine: this.engine.state,
      plugin: this.plugin.state,
      runs: this.queue.list.map(brief),
      cores: availableParallelism(),
      platform: process.platform,
    }
  }

  changeSettings(change: Partial<Settings>): Settings {
    const settings = this.options.settings.write(change)
    this.broadcast({ event: 'settings.changed', data: settings })
    return settings
  }

  /** Queues a run again; windows that look at it see how it goes on. */
  async goOn(run: string): Promise<RunInfo> {
    const info = await this.runs.continue(run)
    const source = await this.runs.source(run)
    for (const session of this.sessions) session.goOn(run, source)
    return info
  }

  /** Puts a file on top of those that were opened before. */
  remember(path: string): void {
    try {
      const { recent } = this.options.settings.read()
      if (recent[0] === path) return
      this.changeSettings({ recent: [path, ...recent.filter(p => p !== path)].slice(0, MOST_RECENT) })
    } catch (e) {
      // The document is open all the same.
      logFault(e)
    }
  }

  /** Tells all windows. */
  broadcast(event: HostEvent): void {
    for (const session of this.sessions) session.send(event)
  }

  /** Ends everything in order: the run commits a checkpoint (or not), the engine ends, edits wait in their journals. */
  close(how: 'checkpoint' | 'cancel' = 'checkpoint'): Promise<void> {
    this.closing ??= this.endAll(how)
    return this.closing
  }

  private async endAll(how: 'checkpoint' | 'cancel'): Promise<void> {
    clearTimeout(this.grace)
    this.plugin.close()
    await this.queue.shutdown(how, STOP_MS).catch(logFault)
    await this.engine.shutdown().catch(logFault)
    await this.documents.shutdown().catch(logFault)
    clearTimeout(this.telling)
    for (const session of this.sessions) session.close()
  }

  private lastClosed(): void {
    if (this.options.whenClosed !== 'stop' || this.closing) return
    this.grace = setTimeout(() => {
      void this.close('checkpoint').then(() => this.options.onIdle?.())
    }, this.options.graceMs ?? GRACE_MS)
  }

  private runsChanged(): void {
    if (this.telling) return
    const tell = () => {
      this.told = performance.now()
      this.telling = undefined
      this.broadcast({ event: 'runs.changed', data: { runs: this.queue.list.map(brief) } })
    }
    const wait = this.told + CHANGED_MS - performance.now()
    if (wait <= 0) tell()
    else this.telling = setTimeout(tell, wait)
  }

  private engineEnv(): NodeJS.ProcessEnv {
    const env: NodeJS.ProcessEnv = { ...process.env, DIPTYCH_CACHE: this.options.cacheFolder }
    const { problem } = this.plugin
    if (problem) env.DIPTYCH_XLA_PROBLEM = problem
    return env
  }
}

/** A run as lists show it: the numbers of its reports, without tables and pictures. Those come with its events. */
export function brief(info: RunInfo): RunInfo {
  const reports = Object.entries(info.reports).map(([node, { metrics, standardErrors }]) => [
    node,
    { metrics, standardErrors },
  ])
  return { ...info, reports: Object.fromEntries(reports) }
}
