import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A benchmark peer: a Python program that takes steps when told and is idle otherwise. */
export class Peer {
  readonly name: string
  private readonly child: ChildProcess
  private readonly lines: AsyncIterator<string>

  private constructor(name: string, child: ChildProcess) {
    this.name = name
    this.child = child
    this.lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  }

  /** Starts a peer and waits until it has compiled; undefined with the reason where it can't run here. */
  static async start(
    name: string,
    python: string,
    args: readonly string[],
  ): Promise<{ peer?: Peer; versions?: Record<string, string>; reason?: string }> {
    if (!existsSync(python)) return { reason: 'not installed (node bench/setup_peers.mjs installs it)' }
    const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'ignore'] })
    const failed = new Promise<string>(resolve => child.once('error', e => resolve(e.message)))
    const peer = new Peer(name, child)
    const first = await Promise.race([
      peer.read(),
      failed.then((error): Record<string, unknown> => ({ error })),
    ])
    if (!first || first.error !== undefined) {
      child.kill()
      return { reason: String(first?.error ?? 'it ended at once') }
    }
    return { peer, versions: first.versions as Record<string, string> }
  }

  private async read(): Promise<Record<string, unknown> | undefined> {
    const { value, done } = await this.lines.next()
    return done ? undefined : (JSON.parse(value as string) as Record<string, unknown>)
  }

  /** Milliseconds of each of n steps. */
  async steps(n: number): Promise<number[]> {
    this.child.stdin!.write(`${JSON.stringify({ cmd: 'step', n })}\n`)
    const reply = await this.read()
    if (!reply || !Array.isArray(reply.ms)) throw new Error(`${this.name} stopped answering: ${reply?.error}`)
    return reply.ms as number[]
  }

  quit(): void {
    this.child.stdin!.end(`${JSON.stringify({ cmd: 'quit' })}\n`)
  }
}

/** The interpreter that `bench/setup_peers.mjs` installed. */
export const peerPython = (cacheDir: string): string =>
  process.platform === 'win32'
    ? join(cacheDir, 'bench-peers', 'venv', 'Scripts', 'python.exe')
    : join(cacheDir, 'bench-peers', 'venv', 'bin', 'python')
