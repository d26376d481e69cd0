import type { SchemasRead } from '../protocol/workbench.ts'
import type { EngineSupervisor } from './engine-supervisor.ts'
import { Fault } from './fault.ts'

/** A person who types asks often; what is asked within this time is asked once. */
const SETTLE_MS = 120

/** Asks the engine what the sources of a graph hold. For each document only the newest question is answered. */
export class SchemaReader {
  private readonly engine: EngineSupervisor
  private readonly places: () => readonly string[]
  private readonly newest = new Map<string, AbortController>()

  /** `places`: where a person has allowed to look. */
  constructor(engine: EngineSupervisor, places: () => readonly string[]) {
    this.engine = engine
    this.places = places
  }

  async read(document: string, file: string, text: string, signal: AbortSignal): Promise<SchemasRead> {
    this.newest.get(document)?.abort()
    const own = new AbortController()
    this.newest.set(document, own)
    const either = AbortSignal.any([own.signal, signal])
    try {
      await pause(SETTLE_MS, either)
      return await this.ask(file, text, either)
    } finally {
      if (this.newest.get(document) === own) this.newest.delete(document)
    }
  }

  private async ask(file: string, text: string, signal: AbortSignal): Promise<SchemasRead> {
    const graph = { text, file, overrides: [] }
    const request = this.engine.request({ type: 'check', graph, places: this.places() })
    const stop = () => this.engine.tell({ type: 'stop', run: request.id, how: 'cancel' })
    signal.addEventListener('abort', stop)
    try {
      const result = await Promise.race([request.result, aborted(signal)])
      if (result.type === 'failed') throw new Fault('engine', result.message, result.diagnostics)
      if (result.type !== 'checked')
        throw new Fault('internal', `the engine answered a check with "${result.type}"`)
      const schemas: Record<string, SchemasRead['schemas'][string]> = {}
      for (const [wire, schema] of Object.entries(result.schemas)) schemas[wire] = { state: 'known', schema }
      for (const [wire, message] of Object.entries(result.unreadable))
        schemas[wire] = { state: 'failed', message }
      return { schemas }
    } finally {
      signal.removeEventListener('abort', stop)
      request.result.catch(() => {
        // Whoever asked has heard of it, or doesn't want to know.
      })
    }
  }
}

const superseded = () => new Fault('cancelled', 'A newer question has taken the place of this one.')

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(superseded())
    else signal.addEventListener('abort', () => reject(superseded()), { once: true })
  })
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    aborted(signal).catch(e => {
      clearTimeout(timer)
      reject(e)
    })
  })
}
