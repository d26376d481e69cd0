import { constants, setPriority } from 'node:os'
import type { Event } from '../protocol/messages.ts'
import type { EngineState } from '../protocol/workbench.ts'
import {
  type Ask,
  describeExit,
  EngineGone,
  EngineMissing,
  EngineProcess,
  type EngineRequest,
  type OnWatched,
} from './engine-process.ts'
import { Fault } from './fault.ts'

/** How long an engine that has nothing more to do may take to end. */
const SHUTDOWN_MS = 10_000

export interface EngineSupervisorOptions {
  readonly entry?: string
  readonly node?: string
  /** Asked for at each start. */
  readonly env: () => NodeJS.ProcessEnv
  /** An engine that did nothing for this long is put to rest, so that its device is free. */
  readonly idleMs: number
  readonly onState: (state: EngineState) => void
  readonly onLog?: (chunk: Uint8Array) => void
}

/** The one engine of this process: started when it is needed, put to rest when it is not. */
export class EngineSupervisor {
  private readonly options: EngineSupervisorOptions
  private engine: EngineProcess | undefined
  private current: EngineState = { state: 'off' }
  private busy = 0
  private idle: NodeJS.Timeout | undefined
  private closed = false

  constructor(options: EngineSupervisorOptions) {
    this.options = options
  }

  get state(): EngineState {
    return this.current
  }

  get pid(): number | undefined {
    return this.engine?.pid
  }

  /** Sends a command, after starting an engine where there is none. */
  request(ask: Ask, onEvent?: (event: Event) => void, onWatched?: OnWatched): EngineRequest {
    const engine = this.start()
    this.busy++
    clearTimeout(this.idle)
    const request = engine.request(ask, onEvent, onWatched)
    const done = () => {
      this.busy--
      if (this.engine === engine) this.settle()
    }
    request.result.then(done, done)
    void engine.ready.then(
      () => this.engine === engine && this.settle(),
      () => {
        // Its end is told where it ends.
      },
    )
    return request
  }

  /** A word about a command that is under way: lost where its engine is gone. */
  tell(ask: Ask): void {
    this.engine?.request(ask).result.catch(() => {
      // The engine is gone; the command's own request says so.
    })
  }

  /** Starts an engine where there is none, or where there was one that crashed. */
  restart(): void {
    this.start()
  }

  /** Ends the engine, whatever it does; what it was asked rejects. */
  async kill(): Promise<void> {
    await this.engine?.kill()
  }

  /** Ends the engine in order: what runs is committed first. No other is started after. */
  async shutdown(graceMs = SHUTDOWN_MS): Promise<void> {
    this.closed = true
    await this.rest(graceMs)
  }

  private start(): EngineProcess {
    if (this.engine) return this.engine
    if (this.closed) throw new Fault('engine', 'Diptych is closing.')
    let engine: EngineProcess
    try {
      const { entry, node, onLog } = this.options
      engine = new EngineProcess({ entry, node, env: this.options.env(), onLog })
    } catch (e) {
      if (!(e instanceof EngineMissing)) throw e
      this.set({ state: 'crashed', reason: e.message, log: '' })
      throw e
    }
    this.engine = engine
    giveWay(engine.pid)
    this.set({ state: 'starting' })
    void engine.ready.then(
      () => this.engine === engine && this.settle(),
      () => {
        // Its end is told below.
      },
    )
    void engine.ended.then(exit => {
      if (this.engine !== engine) return
      this.engine = undefined
      clearTimeout(this.idle)
      if (exit.kind === 'crashed' || (exit.kind === 'exited' && this.busy > 0))
        this.set({ state: 'crashed', reason: firstLine(describeExit(exit)), log: exit.log.slice(-8192) })
      else this.set({ state: 'off' })
    })
    return engine
  }

  /** Busy, or ready and on its way to rest. */
  private settle(): void {
    clearTimeout(this.idle)
    if (this.busy > 0) {
      this.set({ state: 'busy' })
      return
    }
    this.set({ state: 'ready' })
    this.idle = setTimeout(() => void this.rest(SHUTDOWN_MS), this.options.idleMs)
    this.idle.unref()
  }

  private async rest(graceMs: number): Promise<void> {
    const engine = this.engine
    if (!engine) return
    clearTimeout(this.idle)
    // What is asked for from now on goes to a new one.
    this.engine = undefined
    await engine.shutdown(graceMs)
    if (!this.engine) this.set({ state: 'off' })
  }

  private set(state: EngineState): void {
    if (state.state === this.current.state && state.state !== 'crashed') return
    this.current = state
    this.options.onState(state)
  }
}

/** Windows are drawn on the same cores that the engine fills: they go first. Its later threads inherit this. */
function giveWay(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // It has ended already, or the system doesn't allow it.
  }
}

const firstLine = (text: string): string => text.split(' It last wrote:')[0]!.split('\n')[0]!

/** Why a run ended with its engine, for a person. */
export const reasonGone = (e: unknown): string =>
  e instanceof EngineGone ? firstLine(e.message) : e instanceof Error ? e.message : String(e)
