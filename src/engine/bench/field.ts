import { DataError, reason } from '../../data/error.ts'
import type { EngineName } from '../../protocol/engine-name.ts'
import type { Backend } from '../../runtime/backend.ts'
import { findBinding } from '../../runtime/tfjs/load.ts'
import { openBackend } from '../backends.ts'
import { type EngineContext, Stopped } from '../context.ts'
import type { Benchmark, Contender, Setup } from './contender.ts'
import { Peer, type PeerCommand, PeerFault } from './peer.ts'
import type { Outcome } from './present.ts'
import type { Ready } from './reply.ts'

interface Entrant {
  readonly calls: (n: number) => Promise<readonly number[]>
  readonly end: () => void | Promise<void>
  readonly ms: number[]
}

/** Whether TensorFlow.js has its native library: on WebAssembly a step takes too long to wait for. */
const hasNative = (cacheDir: string): boolean =>
  (['node-gpu', 'node'] as const).some(kind => findBinding(kind, cacheDir) !== undefined)

/** Those that take part, by name, and what became of the others. */
export class Field {
  private readonly benchmark: Benchmark
  private readonly context: EngineContext
  private readonly entrants = new Map<string, Entrant>()
  private readonly missing: Record<string, string> = {}
  private readonly versions: Record<string, Readonly<Record<string, string>>> = {}
  private own: Contender | undefined

  constructor(benchmark: Benchmark, context: EngineContext) {
    this.benchmark = benchmark
    this.context = context
  }

  /** The first engine is Diptych itself and must be there; others go by their names. */
  async enterEngine(engine: EngineName, setup: Setup): Promise<void> {
    const { context } = this
    this.mustGoOn()
    const backend = await this.open(engine)
    if (!backend) return
    try {
      const contender = await setup.start(backend, context)
      const name = this.own ? engine : 'diptych'
      this.own ??= contender
      this.versions[name] = { node: process.versions.node, engine: backend.fingerprint }
      const end = async (): Promise<void> => {
        await contender.close()
        backend.close()
      }
      this.entrants.set(name, { calls: n => contender.calls(n), end, ms: [] })
    } catch (e) {
      backend.close()
      throw e
    }
  }

  private async open(engine: EngineName): Promise<Backend | undefined> {
    const { cacheDir, emit } = this.context
    try {
      if (engine === 'tfjs' && !hasNative(cacheDir))
        throw new DataError('not installed (npm run setup:tfjs-node sets it up)')
      const warn = (message: string) => emit({ type: 'log', level: 'warning', message })
      return await openBackend(engine, { cacheDir, warn })
    } catch (e) {
      if (!this.own || !(e instanceof DataError)) throw e
      this.missing[engine] = reason(e)
      return undefined
    }
  }

  async enterPeer(command: PeerCommand, setup: Setup): Promise<void> {
    const { name } = command
    this.mustGoOn()
    this.context.emit({ type: 'log', level: 'info', message: `starting ${name}` })
    await this.orLeaveOut(name, async () => {
      const { peer, ready } = await Peer.start(command)
      this.entrants.set(name, { calls: n => peer.calls(n), end: () => peer.quit(), ms: [] })
      this.compare(ready, setup)
      this.versions[name] = ready.versions
    })
  }

  async round(calls: number): Promise<void> {
    this.mustGoOn()
    for (const [name, entrant] of [...this.entrants])
      await this.orLeaveOut(name, async () => {
        entrant.ms.push(...(await entrant.calls(calls)))
      })
  }

  outcome(): Outcome {
    const ms = new Map([...this.entrants].map(([name, entrant]) => [name, entrant.ms]))
    return { ms, facts: this.own!.facts(), missing: this.missing, versions: this.versions }
  }

  async close(): Promise<void> {
    for (const entrant of this.entrants.values()) await entrant.end()
  }

  private mustGoOn(): void {
    const how = this.context.stopping()
    if (how) throw new Stopped(how)
  }

  private async orLeaveOut(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (e) {
      if (!(e instanceof PeerFault)) throw e
      this.missing[name] = reason(e)
      await this.entrants.get(name)?.end()
      this.entrants.delete(name)
    }
  }

  /** Throws a `PeerFault` where a peer's model is another one. */
  private compare({ parameters, first }: Ready, setup: Setup): void {
    if (parameters !== setup.parameters)
      throw new PeerFault(`its model has ${parameters} parameters, Diptych's ${setup.parameters}`)
    const mine = this.own?.first
    if (mine !== undefined && !(Math.abs(first - mine) <= this.benchmark.tolerance * Math.abs(mine)))
      throw new PeerFault(`its first result is ${first}, Diptych's ${mine}: it does other work`)
  }
}
