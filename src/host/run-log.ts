import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Event } from '../protocol/messages.ts'
import { systemCode } from './fault.ts'

/** Events reach the disk, and after it the windows, in batches at most this often. */
const BATCH_MS = 50
/** Every so many lines the place in the file is remembered. */
const STRIDE = 512
/** Lines at hand without reading the file. */
const RECENT = 4096
const CHUNK = 1 << 20
const NEWLINE = 10

/** What can be followed: numbered events, of which there may come more. */
export interface EventSource {
  readonly length: number
  /** Up to `most` events from number `from`. */
  read(from: number, most: number): Promise<readonly Event[]>
  /** Calls `grown` after there are more; returns the function that stops it. */
  watch(grown: () => void): () => void
}

/**
 * What happened in one run, in order, as `events.jsonl` in its folder: one event a line, the line's number is the
 * event's. Only the newest lines stay in memory, so that a run may be as long as it likes. Before the run has a
 * folder all of it is in memory.
 */
export class RunLog implements EventSource {
  private file: FileHandle | undefined
  private path: string | undefined
  private visible = 0
  /** Bytes of the file that hold whole lines. */
  private bytes = 0
  /** Where line `STRIDE · i` begins. */
  private readonly places: number[] = []
  /** The newest lines; the first of them has the number `visible - recent.length`. */
  private recent: string[] = []
  private pending: string[] = []
  private timer: NodeJS.Timeout | undefined
  private chain: Promise<void> = Promise.resolve()
  private readonly watchers = new Set<() => void>()
  private broken = false

  /** The log of a run that has a folder. What was cut short at its end is left out. */
  static async open(folder: string): Promise<RunLog> {
    const log = new RunLog()
    log.path = join(folder, 'events.jsonl')
    await log.scan()
    return log
  }

  get length(): number {
    return this.visible
  }

  append(events: readonly Event[]): void {
    for (const event of events) this.pending.push(JSON.stringify(event))
    this.timer ??= setTimeout(() => void this.flush(), BATCH_MS)
  }

  watch(grown: () => void): () => void {
    this.watchers.add(grown)
    return () => this.watchers.delete(grown)
  }

  /** The run has its folder: what is in memory goes to its file. */
  attach(folder: string): Promise<void> {
    return this.inTurn(async () => {
      if (this.path) return
      this.path = join(folder, 'events.jsonl')
      const { recent } = this
      this.recent = []
      this.visible = 0
      await this.scan()
      await this.write(recent)
    })
  }

  /** Everything that was appended is on the disk, or can't be. */
  flush(): Promise<void> {
    clearTimeout(this.timer)
    this.timer = undefined
    const lines = this.pending
    this.pending = []
    return this.inTurn(async () => {
      if (lines.length === 0) return
      await this.write(lines)
      for (const grown of this.watchers) grown()
    })
  }

  async close(): Promise<void> {
    await this.flush()
    await this.inTurn(async () => {
      await this.file?.sync().catch(() => {
        // The run's metrics and checkpoints are the engine's and synced by it; this is only their order.
      })
      await this.file?.close()
      this.file = undefined
    })
  }

  async read(from: number, most: number): Promise<readonly Event[]> {
    const until = Math.min(from + most, this.visible)
    if (from >= until) return []
    const first = this.visible - this.recent.length
    const lines =
      from >= first ? this.recent.slice(from - first, until - first) : await this.readFile(from, until)
    return lines.map(line => JSON.parse(line) as Event)
  }

  private async write(lines: readonly string[]): Promise<void> {
    if (this.path && !this.broken) {
      try {
        this.file ??= await this.openToAppend(this.path)
        await this.file.appendFile(lines.map(line => `${line}\n`).join(''))
      } catch (e) {
        this.broken = true
        const why = systemCode(e) === 'ENOSPC' ? 'the disk is full' : (e as Error).message
        lines = [
          ...lines,
          JSON.stringify({
            type: 'log',
            level: 'warning',
            message: `The run's events can't be written (${why}): they can't be shown again after a restart.`,
          }),
        ]
      }
    }
    for (const line of lines) {
      if (this.visible % STRIDE === 0) this.places.push(this.bytes)
      this.bytes += Buffer.byteLength(line) + 1
      this.recent.push(line)
      this.visible++
    }
    // Without a file, memory is all there is.
    if (this.path && !this.broken && this.recent.length > 2 * RECENT) this.recent = this.recent.slice(-RECENT)
  }

  private async openToAppend(path: string): Promise<FileHandle> {
    const file = await open(path, 'a')
    if ((await file.stat()).size > this.bytes) await file.truncate(this.bytes)
    return file
  }

  /** Finds the lines that are in the file. Half a line at its end is none; the first write cuts it off. */
  private async scan(): Promise<void> {
    this.places.length = 0
    this.bytes = 0
    let file: FileHandle
    try {
      file = await open(this.path!, 'r')
    } catch (e) {
      if (systemCode(e) === 'ENOENT') return
      throw e
    }
    try {
      const buffer = Buffer.alloc(CHUNK)
      for (let at = 0; ; ) {
        const { bytesRead } = await file.read(buffer, 0, CHUNK, at)
        if (bytesRead === 0) break
        for (let i = buffer.indexOf(NEWLINE); i >= 0 && i < bytesRead; i = buffer.indexOf(NEWLINE, i + 1)) {
          if (this.visible % STRIDE === 0) this.places.push(this.bytes)
          this.visible++
          this.bytes = at + i + 1
        }
        at += bytesRead
      }
    } finally {
      await file.close()
    }
  }

  private async readFile(from: number, until: number): Promise<string[]> {
    const start = this.places[Math.floor(from / STRIDE)]!
    const last = this.places[Math.ceil(until / STRIDE)] ?? this.bytes
    const file = await open(this.path!, 'r')
    try {
      const buffer = Buffer.alloc(last - start)
      await file.read(buffer, 0, buffer.length, start)
      const skipped = from % STRIDE
      return buffer
        .toString('utf8')
        .split('\n')
        .slice(skipped, skipped + until - from)
    } finally {
      await file.close()
    }
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    this.chain = this.chain.then(work)
    return this.chain
  }
}

/** Events that are all there already. */
export class FixedEvents implements EventSource {
  private readonly events: readonly Event[]

  constructor(events: readonly Event[]) {
    this.events = events
  }

  get length(): number {
    return this.events.length
  }

  async read(from: number, most: number): Promise<readonly Event[]> {
    return this.events.slice(from, from + most)
  }

  watch(): () => void {
    return () => {}
  }
}
