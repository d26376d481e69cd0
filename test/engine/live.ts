import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Engine } from '../../src/engine/engine.ts'
import type { Send } from '../../src/engine/outbox.ts'
import { registry } from '../../src/nodes/index.ts'
import type {
  Command,
  Event,
  GraphSource,
  Message,
  ParamChange,
  Result,
  RunOptions,
} from '../../src/protocol/messages.ts'
import type { WatchSpec } from '../../src/protocol/watch.ts'
import { toyDocument } from './toy.ts'

export type Batch = Extract<Message, { type: 'events' }>

export type Seen = Extract<Message, { type: 'watched' }>

type Action = Extract<Command, { type: 'control' }>['action']

/** An engine of this very process, and what it has said. */
export class LiveEngine {
  readonly batches: Batch[] = []
  /** What watched wires held, in order. */
  readonly watched: Seen[] = []
  private readonly engine: Engine
  private readonly listeners = new Set<() => void>()
  private lastId = 0

  /** `taken`: when a batch counts as taken by the host. */
  constructor(cacheDir: string, taken: (batch: Batch) => void | Promise<void> = () => {}) {
    const send: Send = message => {
      if (message.type === 'watched') {
        this.watched.push(message)
        for (const listen of [...this.listeners]) listen()
        return undefined
      }
      if (message.type !== 'events') return undefined
      this.batches.push(message)
      for (const listen of [...this.listeners]) listen()
      return taken(message)
    }
    this.engine = new Engine({ registry, cacheDir, codeHash: () => 'code', send })
  }

  ask(
    command:
      | Omit<Extract<Command, { type: 'check' }>, 'id'>
      | Omit<Extract<Command, { type: 'print' }>, 'id'>
      | Omit<Extract<Command, { type: 'measure' }>, 'id'>,
  ): { readonly id: number; readonly result: Promise<Result> } {
    const id = ++this.lastId
    return { id, result: this.engine.handle({ ...command, id } as Command) }
  }

  run(
    graph: GraphSource,
    options: Partial<RunOptions> = {},
  ): { readonly id: number; readonly result: Promise<Result> } {
    const id = ++this.lastId
    const all: RunOptions = { engine: 'reference', fresh: true, ...options }
    return { id, result: this.engine.handle({ id, type: 'run', graph, options: all }) }
  }

  control(run: number, action: Action, steps?: number): Promise<Result> {
    return this.engine.handle({ id: ++this.lastId, type: 'control', run, action, steps })
  }

  edit(run: number, changes: readonly ParamChange[]): Promise<Result> {
    return this.engine.handle({ id: ++this.lastId, type: 'edit', run, changes })
  }

  watch(run: number, watches: readonly WatchSpec[]): Promise<Result> {
    return this.engine.handle({ id: ++this.lastId, type: 'watch', run, watches })
  }

  /** Resolves to the first answer to a watch after the first `from` that fits. */
  async untilWatched(fits: (seen: Seen) => boolean, from = 0): Promise<Seen> {
    for (;;) {
      const found = this.watched.slice(from).find(fits)
      if (found) return found
      await this.news()
    }
  }

  private news(): Promise<void> {
    return new Promise<void>(resolve => {
      const listen = () => {
        this.listeners.delete(listen)
        resolve()
      }
      this.listeners.add(listen)
    })
  }

  stop(run: number, how: 'checkpoint' | 'cancel'): Promise<Result> {
    return this.engine.handle({ id: ++this.lastId, type: 'stop', run, how })
  }

  events(id: number): Event[] {
    return this.batches.filter(b => b.id === id).flatMap(b => b.events)
  }

  /** Resolves to the first event after the first `from` that fits. */
  async until<T extends Event['type']>(
    id: number,
    type: T,
    from = 0,
  ): Promise<{ readonly event: Extract<Event, { type: T }>; readonly at: number }> {
    for (;;) {
      const events = this.events(id)
      const at = events.findIndex((e, i) => i >= from && e.type === type)
      if (at >= 0) return { event: events[at] as Extract<Event, { type: T }>, at }
      await this.news()
    }
  }
}

/** The toy without its evaluators: nothing but training is compiled. */
export function writeTraining(folder: string, name: string): string {
  const { retrieval, zero_shot, ...nodes } = toyDocument().nodes
  const file = join(folder, name)
  writeFileSync(file, JSON.stringify({ ...toyDocument(), nodes }))
  return file
}

export const sourceOf = (file: string, seed?: number): GraphSource => ({
  text: readFileSync(file, 'utf8'),
  file,
  overrides: [],
  seed,
})

/** `step:bits` of every loss, in order. */
export function lossBits(events: readonly Event[]): string[] {
  const bits = new DataView(new ArrayBuffer(8))
  return events.flatMap(e => {
    if (e.type !== 'step') return []
    bits.setFloat64(0, e['train/loss']!)
    return [`${e.step}:${bits.getBigUint64(0).toString(16)}`]
  })
}

export function ended(result: Result): Extract<Result, { type: 'result' }> {
  if (result.type !== 'result') throw new Error(`no result: ${JSON.stringify(result)}`)
  return result
}
