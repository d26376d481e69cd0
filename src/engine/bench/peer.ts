import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Benchmark } from './contender.ts'
import { parseReply, type Ready, type Reply } from './reply.ts'

/** How to start a peer. */
export interface PeerCommand {
  readonly name: string
  readonly program: string
  readonly args: readonly string[]
}

/** torch.compile takes more than a minute on two cores. */
const START_LIMIT_MS = 10 * 60_000
/** For a round of calls: a peer that takes longer hangs. */
const ROUND_LIMIT_MS = 5 * 60_000

/** Characters of a peer's standard error that are kept for the reason of its end. */
const KEPT = 4000

/** A peer that can't go on, with the reason as a person reads it. */
export class PeerFault extends Error {
  override readonly name = 'PeerFault'
}

/** A benchmark peer: a program that works when told and is idle otherwise. */
export class Peer {
  readonly name: string
  private readonly child: ChildProcess
  private readonly lines: AsyncIterator<string>
  private readonly ended: Promise<string>
  private errors = ''

  private constructor({ name, program, args }: PeerCommand) {
    this.name = name
    this.child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]()
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.errors = (this.errors + text).slice(-KEPT)
    })
    // Writing to a peer that has ended; the end itself is what is reported.
    this.child.stdin!.on('error', () => {})
    this.ended = new Promise(resolve => {
      this.child.once('error', e => resolve(`it could not be started: ${e.message}`))
      this.child.once('close', (code, signal) => resolve(this.lastWords(code, signal)))
    })
  }

  /** Starts a peer and waits until it has compiled. Throws a `PeerFault` where it can't run here. */
  static async start(
    command: PeerCommand,
    limitMs = START_LIMIT_MS,
  ): Promise<{ readonly peer: Peer; readonly ready: Ready }> {
    if (!existsSync(command.program))
      throw new PeerFault('not installed (node bench/setup_peers.mjs installs it)')
    const peer = new Peer(command)
    try {
      const reply = await peer.reply(limitMs)
      if (reply.kind !== 'ready') throw new PeerFault(`it began with ${JSON.stringify(reply)}`)
      return { peer, ready: reply }
    } catch (e) {
      peer.kill()
      throw e
    }
  }

  /** Milliseconds of each of n calls. */
  async calls(n: number, limitMs = ROUND_LIMIT_MS): Promise<readonly number[]> {
    this.child.stdin!.write(`${JSON.stringify({ cmd: 'step', n })}\n`)
    const reply = await this.reply(limitMs)
    if (reply.kind !== 'times' || reply.ms.length !== n)
      throw new PeerFault(`it was asked for ${n} calls and answered ${JSON.stringify(reply)}`)
    return reply.ms
  }

  quit(): void {
    this.child.stdin!.end(`${JSON.stringify({ cmd: 'quit' })}\n`)
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }

  /** The next reply; throws a `PeerFault` where the peer reports an error, ends, or takes too long. */
  private async reply(limitMs: number): Promise<Reply> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new PeerFault(`no answer within ${Math.round(limitMs / 1000)} s`)),
        limitMs,
      )
    })
    try {
      const reply = await Promise.race([this.read(), late])
      if (reply === undefined) throw new PeerFault(await Promise.race([this.ended, late]))
      if (reply.kind === 'error') throw new PeerFault(reply.message)
      return reply
    } finally {
      clearTimeout(timer)
    }
  }

  private async read(): Promise<Reply | undefined> {
    for (;;) {
      const { value, done } = await this.lines.next()
      if (done) return undefined
      const reply = parseReply(value)
      if (reply) return reply
    }
  }

  private lastWords(code: number | null, signal: NodeJS.Signals | null): string {
    const how = signal ? `it was ended by ${signal}` : `it ended with exit code ${code}`
    const said = this.errors.trim().split('\n').at(-1)
    return said ? `${how}: ${said}` : how
  }
}

/** The interpreter that `bench/setup_peers.mjs` installed. */
const peerPython = (cacheDir: string): string =>
  process.platform === 'win32'
    ? join(cacheDir, 'bench-peers', 'venv', 'Scripts', 'python.exe')
    : join(cacheDir, 'bench-peers', 'venv', 'bin', 'python')

/** `bench/peers`, beside the bundle's folder `out/` or, in tests, beside `src/`. */
function peerScript(name: string): string {
  const places = ['../bench/peers/', '../../../bench/peers/'].map(path =>
    fileURLToPath(new URL(path + name, import.meta.url)),
  )
  return places.find(p => existsSync(p)) ?? places[0]!
}

/** The peers of a benchmark, installed or not; each reads its weights and inputs from `file`. */
export const peersOf = ({ peers }: Benchmark, cacheDir: string, file: string): PeerCommand[] =>
  Object.entries(peers).map(([name, [script, ...args]]) => ({
    name,
    program: peerPython(cacheDir),
    args: [peerScript(script), ...args, file],
  }))
