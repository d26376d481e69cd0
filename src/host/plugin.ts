import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { PluginState } from '../protocol/workbench.ts'
import { pluginState } from './machine.ts'

/**
 * Fetches the XLA plugin, telling how far it is. Resolves to the reason when it can't be had, else to undefined.
 * `signal` ends it early.
 */
export type FetchPlugin = (tell: (what: string) => void, signal: AbortSignal) => Promise<string | undefined>

/** Whether the XLA plugin is there; fetches it in the background where it is not. */
export class PluginSupervisor {
  private readonly cache: string
  private readonly fetch: FetchPlugin | undefined
  private readonly onState: (state: PluginState) => void
  private readonly abort = new AbortController()
  private current: PluginState = { state: 'fetching', what: 'Looking for the XLA plugin' }
  private settled: Promise<PluginState> | undefined

  constructor(cache: string, fetch: FetchPlugin | undefined, onState: (state: PluginState) => void) {
    this.cache = cache
    this.fetch = fetch
    this.onState = onState
  }

  get state(): PluginState {
    return this.current
  }

  /** Why there is none, for the engine to repeat where it matters. */
  get problem(): string | undefined {
    return this.current.state === 'missing' ? this.current.problem : undefined
  }

  /** Resolves when it is there, or can't be had. A failed try is made again at the next call. */
  ready(): Promise<PluginState> {
    this.settled ??= this.look().then(state => {
      if (state.state === 'missing') this.settled = undefined
      return state
    })
    return this.settled
  }

  close(): void {
    this.abort.abort()
  }

  private async look(): Promise<PluginState> {
    // Named by the environment: whether it loads is for the engine to say.
    if (process.env.DIPTYCH_PJRT_PLUGIN || (await this.isThere())) return this.set({ state: 'ready' })
    if (!this.fetch) return this.set({ state: 'missing', problem: 'The XLA plugin is missing.' })
    this.set({ state: 'fetching', what: 'Fetching the XLA plugin' })
    const problem = await this.fetch(what => this.set({ state: 'fetching', what }), this.abort.signal).catch(
      (e: Error) => e.message,
    )
    // Someone else may have brought it meanwhile.
    if (await this.isThere()) return this.set({ state: 'ready' })
    return this.set({ state: 'missing', problem: problem ?? 'The XLA plugin did not arrive whole.' })
  }

  private async isThere(): Promise<boolean> {
    return (await pluginState(this.cache)).state === 'ready'
  }

  private set(state: PluginState): PluginState {
    this.current = state
    this.onState(state)
    return state
  }
}

/**
 * Runs the project's own set-up script on a plain Node; its lines tell how far it is, its last one is a reason if
 * it fails.
 */
export const fetchWith =
  (script: string, node: string = process.execPath): FetchPlugin =>
  (tell, signal) =>
    new Promise(resolve => {
      const child = spawn(node, [script], {
        stdio: ['ignore', 'pipe', 'ignore'],
        windowsHide: true,
        signal,
      })
      const problem: string[] = []
      createInterface({ input: child.stdout }).on('line', line => {
        const [kind, text = ''] = split(line)
        if (kind === 'problem') problem.push(text)
        else tell(text)
      })
      child.on('error', e => resolve(`The XLA plugin could not be fetched: ${e.message}`))
      child.on('close', code => {
        if (code === 0) resolve(undefined)
        else resolve(problem.join('\n') || `The XLA plugin could not be fetched (exit code ${code}).`)
      })
    })

function split(line: string): [string, string] {
  const at = line.indexOf(' ')
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)]
}
