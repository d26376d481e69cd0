import { type ChildProcess, fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command, Event, Message, Result } from '../protocol/messages.ts'
import type { Watched } from '../protocol/watch.ts'
import { Tail } from './tail.ts'

const STDERR_BYTES = 64 << 10
/** After the engine's exit, output of its own children may hold its streams open; they are not waited for longer. */
const STREAMS_MS = 2000

/** Why an engine is no more. */
export type EngineExit =
  /** By itself, in order. */
  | { readonly kind: 'exited'; readonly log: string }
  /** By a signal, an error or a non-zero code that nobody asked for. */
  | {
      readonly kind: 'crashed'
      readonly code: number | null
      readonly signal: NodeJS.Signals | null
      readonly log: string
    }
  /** By `kill`, or because it overstayed a shutdown. */
  | { readonly kind: 'killed'; readonly log: string }

/** The engine ended before it answered. `exit.log` holds the last 64 KiB that it wrote. */
export class EngineGone extends Error {
  override readonly name = 'EngineGone'
  readonly exit: EngineExit
  constructor(exit: EngineExit) {
    super(describeExit(exit))
    this.exit = exit
  }
}

/** There is no engine to start. */
export class EngineMissing extends Error {
  override readonly name = 'EngineMissing'
}

export interface EngineProcessOptions {
  /** The engine's program; by default `engine.mjs` beside this program's bundle. */
  readonly entry?: string
  /** The Node that runs it; by default the one that runs this process. */
  readonly node?: string
  readonly env?: NodeJS.ProcessEnv
  /** Gets what the engine writes to its standard output and error, as it comes. */
  readonly onLog?: (chunk: Uint8Array) => void
}

type WithoutId<C> = C extends unknown ? Omit<C, 'id'> : never
/** A command without its id, which the host gives. */
export type Ask = WithoutId<Command>

export interface EngineRequest {
  /** For `stop`. */
  readonly id: number
  /** Rejects with `EngineGone` when the engine ends before it answers. */
  readonly result: Promise<Result>
}

/** Takes what a watched wire of a run holds, whenever it was computed. */
export type OnWatched = (watched: Watched, bytes: Uint8Array) => void

interface Pending {
  readonly onWatched: OnWatched
  readonly onEvent: (event: Event) => void
  readonly resolve: (result: Result) => void
  readonly reject: (reason: EngineGone) => void
}

/**
 * One engine: a child process on plain Node, in a process group of its own, so that the terminal's Ctrl-C and
 * hang-up reach only the host, which decides what they mean. When the host is gone, the engine ends itself.
 */
export class EngineProcess {
  /** Resolves when the engine is up; rejects with `EngineGone` when it never comes up. */
  readonly ready: Promise<void>
  readonly ended: Promise<EngineExit>
  private readonly child: ChildProcess
  private readonly log = new Tail(STDERR_BYTES)
  private readonly pending = new Map<number, Pending>()
  private lastId = 0
  private killed = false

  constructor(options: EngineProcessOptions = {}) {
    const entry = options.entry ?? fileURLToPath(new URL('./engine.mjs', import.meta.url))
    if (!existsSync(entry))
      throw new EngineMissing(`The engine is not built: ${entry} is missing. Run "npm run setup".`)
    const child = fork(entry, [], {
      execPath: options.node ?? process.execPath,
      // Not what this process was started with: an `--inspect` port can be had only once.
      execArgv: ['--enable-source-maps'],
      env: options.env ?? process.env,
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: process.platform !== 'win32',
    })
    this.child = child
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Uint8Array) => {
        this.log.push(chunk)
        options.onLog?.(chunk)
      })
    this.ended = exitOf(child, this.log, () => this.killed)
    let up = (): void => {}
    this.ready = new Promise((resolve, reject) => {
      up = resolve
      void this.ended.then(exit => reject(new EngineGone(exit)))
    })
    this.ready.catch(() => {
      // Whoever asks something of this engine hears of it.
    })
    child.on('message', (message: Message) => {
      if (message.type === 'ready') up()
      else this.receive(message)
    })
    void this.ended.then(exit => {
      for (const p of this.pending.values()) p.reject(new EngineGone(exit))
      this.pending.clear()
    })
  }

  get pid(): number | undefined {
    return this.child.pid
  }

  /** Sends a command once the engine is up. Its events come in order, all before its result. */
  request(
    ask: Ask,
    onEvent: (event: Event) => void = () => {},
    onWatched: OnWatched = () => {},
  ): EngineRequest {
    const id = ++this.lastId
    const result = new Promise<Result>((resolve, reject) => {
      this.pending.set(id, { onEvent, onWatched, resolve, reject })
      this.ready.then(() => this.send({ ...ask, id } as Command), reject)
    })
    return { id, result }
  }

  /** Asks the engine to end in order, and kills it after `graceMs`. */
  async shutdown(graceMs: number): Promise<EngineExit> {
    const timer = setTimeout(() => this.kill(), graceMs)
    this.request({ type: 'shutdown' }).result.catch(() => {
      // It ended without an answer, which is as good.
    })
    return this.ended.finally(() => clearTimeout(timer))
  }

  /** Ends the engine and all that it started, at once. */
  kill(): Promise<EngineExit> {
    this.killed = true
    this.signal('SIGKILL')
    return this.ended
  }

  /** Stops the engine in its tracks, as Ctrl-Z does with the host. Does nothing on Windows. */
  suspend(): void {
    this.signal('SIGSTOP')
  }

  resume(): void {
    this.signal('SIGCONT')
  }

  private signal(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.child
    if (pid === undefined || exitCode !== null || signalCode !== null) return
    try {
      if (process.platform !== 'win32') process.kill(-pid, signal)
      else if (signal === 'SIGKILL') this.child.kill(signal)
    } catch {
      // It has ended meanwhile.
    }
  }

  private send(command: Command): void {
    // An error here means that the channel is closed: the engine's end follows and settles what is pending.
    if (this.child.connected) this.child.send(command, () => {})
  }

  private receive(message: Exclude<Message, { type: 'ready' }>): void {
    const request = this.pending.get(message.id)
    if (message.type === 'events') for (const event of message.events) request?.onEvent(event)
    else if (message.type === 'watched') request?.onWatched(message.watched, message.bytes)
    else if (request) {
      this.pending.delete(message.id)
      request.resolve(message.result)
    }
  }
}

function exitOf(child: ChildProcess, log: Tail, killed: () => boolean): Promise<EngineExit> {
  return new Promise(resolve => {
    const settle = (code: number | null, signal: NodeJS.Signals | null) => {
      const text = log.toString()
      if (killed()) resolve({ kind: 'killed', log: text })
      else if (code === 0) resolve({ kind: 'exited', log: text })
      else resolve({ kind: 'crashed', code, signal, log: text })
    }
    // `close` comes after the last message and the last byte of output; `exit` may come before them.
    child.on('close', settle)
    child.on('exit', (code, signal) => {
      setTimeout(() => settle(code, signal), STREAMS_MS).unref()
    })
    child.on('error', error => {
      if (child.pid !== undefined) return
      log.push(Buffer.from(`${error.message}\n`))
      settle(null, null)
    })
  })
}

const LOG_LINES = 12

/** What happened, for a person: the reason, and the last lines that the engine wrote, without stack frames. */
export function describeExit(exit: EngineExit): string {
  const lines = exit.log.split('\n').filter(line => line.trim() && !/^\s+at /.test(line))
  const said = lines.length ? ` It last wrote:\n  ${lines.slice(-LOG_LINES).join('\n  ')}` : ''
  switch (exit.kind) {
    case 'exited':
      return `The engine ended before it had answered.${said}`
    case 'killed':
      return 'The engine was killed.'
    default: {
      const how = exit.signal
        ? `signal ${exit.signal}`
        : exit.code === null
          ? 'no start'
          : `code ${exit.code}`
      const hint = exit.signal === 'SIGKILL' ? ' The system may have been out of memory.' : ''
      return `The engine crashed (${how}).${hint}${said}`
    }
  }
}
