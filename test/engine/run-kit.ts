import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CodeHash } from '../../src/engine/code-hash.ts'
import { Engine } from '../../src/engine/engine.ts'
import type { NodeDef } from '../../src/graph/kit.ts'
import { registry } from '../../src/nodes/index.ts'
import type { Event, GraphSource, Message, Result, RunOptions } from '../../src/protocol/messages.ts'

export interface RanHere {
  readonly result: Result
  readonly events: readonly Event[]
  /** `[step, loss]` of each step, in order. */
  readonly losses: readonly (readonly [number, number])[]
  /** By node id: the last state that was told. */
  readonly states: Readonly<Record<string, string>>
  /** The lines that were logged. */
  readonly log: string
}

export interface RunHere extends Partial<RunOptions> {
  readonly cache: string
  readonly seed?: number
  readonly set?: GraphSource['overrides']
  /** Node types beside the project's own. */
  readonly nodes?: readonly NodeDef[]
  /** The hash of a source file; by default a constant. */
  readonly codeHash?: CodeHash
  /** Ends the run before this step of this Train, or as soon as it has its folder. */
  readonly stopAt?: 'start' | { readonly train: string; readonly step: number }
  readonly how?: 'checkpoint' | 'cancel'
}

/** Runs a graph file in an engine of this very process, on the reference backend unless told otherwise. */
export async function runHere(file: string, options: RunHere): Promise<RanHere> {
  const {
    cache,
    seed,
    set = [],
    nodes = [],
    codeHash = () => 'code',
    stopAt,
    how = 'checkpoint',
    ...run
  } = options
  const events: Event[] = []
  const send = (message: Message) => {
    if (message.type !== 'events') return
    for (const event of message.events) {
      events.push(event)
      if (isPlace(event, stopAt)) void engine.handle({ id: 2, type: 'stop', run: 1, how })
      // Held at every step, so that the stop comes at the very place.
      else if (event.type === 'paused') void engine.handle({ id: 3, type: 'control', run: 1, action: 'step' })
    }
  }
  const types = new Map([...registry, ...nodes.map(def => [def.type, def] as const)])
  const engine = new Engine({ registry: types, cacheDir: cache, codeHash, send })
  const graph = { text: readFileSync(file, 'utf8'), file, overrides: set, seed }
  const result = await engine.handle({
    id: 1,
    type: 'run',
    graph,
    options: { engine: 'reference', fresh: false, paused: typeof stopAt === 'object', ...run },
  })
  return {
    result,
    events,
    losses: events.flatMap(e => (e.type === 'step' ? [[e.step, e['train/loss']!] as const] : [])),
    states: Object.fromEntries(events.flatMap(e => (e.type === 'node' ? [[e.node, e.state]] : []))),
    log: events.flatMap(e => (e.type === 'log' ? [e.message] : [])).join('\n'),
  }
}

function isPlace(event: Event, stopAt: RunHere['stopAt']): boolean {
  if (stopAt === 'start') return event.type === 'run'
  return event.type === 'paused' && event.node === stopAt?.train && event.step === stopAt.step
}

/** The folder of a run that ended in order. */
export function folderOf({ result }: RanHere): string {
  if (result.type !== 'result') throw new Error(`no result: ${JSON.stringify(result)}`)
  return result.run
}

/** Why a run failed; throws where it did not. */
export function failureOf({ result }: RanHere): string {
  if (result.type !== 'failed') throw new Error(`it did not fail: ${JSON.stringify(result)}`)
  return [result.message, ...result.diagnostics.map(d => d.message)].join('\n')
}

export const checkpointOf = (run: string, step: number, train = 'train'): string =>
  join(run, 'checkpoints', train, `step-${step}`)
