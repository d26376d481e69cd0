import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { leftOver, processesWith } from './processes.ts'

export const project = fileURLToPath(new URL('../../', import.meta.url))
const program = fileURLToPath(new URL('../../bin/diptych', import.meta.url))
const ADDRESS = /http:\/\/\S+#token=\S+/g
const START_MS = 60_000
const END_MS = 30_000

export interface Places {
  readonly cache: string
  readonly config: string
}

export const environment = ({ cache, config }: Places, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  DIPTYCH_CACHE: cache,
  DIPTYCH_CONFIG: config,
  ...more,
})

/** `bin/diptych serve`, as a person starts it. */
export class Server {
  readonly child: ChildProcess
  private readonly mark: string
  private output = ''
  private readonly watchers = new Set<() => void>()

  constructor(graph: string, places: Places, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
    this.mark = `DIPTYCH_CONFIG=${places.config}`
    this.child = spawn(process.execPath, [program, 'serve', '--port', '0', ...args, graph], {
      cwd: project,
      env: environment(places, env),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk
        for (const watch of this.watchers) watch()
      })
    this.child.on('exit', () => {
      for (const watch of this.watchers) watch()
    })
  }

  get said(): string {
    return this.output
  }

  /** An address that nobody has used: each opens one window. */
  address(nth = 1): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.output.match(ADDRESS)?.[nth - 1]
        if (found !== undefined) end(() => resolve(found))
        else if (this.hasEnded) end(() => reject(new Error(`the server ended: ${this.output}`)))
      }
      const timer = setTimeout(
        () => end(() => reject(new Error(`no address was printed: ${this.output}`))),
        START_MS,
      )
      const end = (done: () => void) => {
        clearTimeout(timer)
        this.watchers.delete(look)
        done()
      }
      this.watchers.add(look)
      look()
    })
  }

  /** The one that was printed last, which nobody has used but in the moment before the next is printed. */
  get lastAddress(): string {
    return this.output.match(ADDRESS)?.at(-1) ?? ''
  }

  /** The engine, once it is there. */
  get enginePid(): number | undefined {
    return processesWith(this.mark).find(({ command }) => command.includes('engine.mjs'))?.pid
  }

  /** Ends by itself; its exit code. */
  async ended(ms = END_MS): Promise<number | null> {
    if (!this.hasEnded) await once(this.child, 'exit', { signal: AbortSignal.timeout(ms) })
    return this.child.exitCode
  }

  async kill(): Promise<void> {
    if (this.hasEnded) return
    this.child.kill('SIGKILL')
    await this.ended()
  }

  /** Ends it as Ctrl-C would; what is left of it after that is an error. */
  async stop(): Promise<void> {
    if (!this.hasEnded) {
      this.child.kill('SIGINT')
      await this.ended()
    }
    const left = await leftOver(this.mark)
    for (const { pid } of left) process.kill(pid, 'SIGKILL')
    if (left.length) throw new Error(`left over: ${left.map(({ command }) => command).join('; ')}`)
  }

  private get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }
}
