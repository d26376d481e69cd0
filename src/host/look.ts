import type { Result } from '../protocol/messages.ts'
import { type Ask, EngineGone } from './engine-process.ts'
import type { EngineSupervisor } from './engine-supervisor.ts'
import { Fault } from './fault.ts'

/** A person who types asks often; what is asked within this time is asked once. */
const SETTLE_MS = 120

/** Files and folders outside a graph's own that a person has allowed to look into. */
export type Places = () => readonly string[]

type Looking = Extract<Ask, { type: 'check' | 'plan' | 'measure' }>

/**
 * What each question is called, and the result that answers it; `again`: where the engine ends before it answers, as
 * it may for reasons of its own, a new one is asked. A measurement may be what has ended it.
 */
const ANSWERS = {
  check: { called: 'a check', with: 'checked', again: true },
  plan: { called: 'a plan', with: 'planned', again: true },
  measure: { called: 'a measurement', with: 'measured', again: false },
} as const

type Answer<C extends Looking> = Extract<Result, { type: (typeof ANSWERS)[C['type']]['with'] }>

/** Asks the engine one kind of thing about documents. For each document only the newest question is answered. */
export class Look {
  private readonly engine: EngineSupervisor
  private readonly places: Places
  private readonly newest = new Map<string, AbortController>()

  constructor(engine: EngineSupervisor, places: Places) {
    this.engine = engine
    this.places = places
  }

  /** Throws a `Fault` where the engine fails, or a newer question has been asked. */
  async ask<C extends Looking>(document: string, command: C, signal: AbortSignal): Promise<Answer<C>> {
    this.newest.get(document)?.abort()
    const own = new AbortController()
    this.newest.set(document, own)
    const either = AbortSignal.any([own.signal, signal])
    try {
      await pause(SETTLE_MS, either)
      const asked = { ...command, places: this.places() }
      const result = await this.answer(asked, either).catch(e => {
        if (!(e instanceof EngineGone && ANSWERS[command.type].again)) throw e
        return this.answer(asked, either)
      })
      if (result.type === 'failed') throw new Fault('engine', result.message, result.diagnostics)
      const { called, with: wanted } = ANSWERS[command.type]
      if (result.type !== wanted)
        throw new Fault('internal', `the engine answered ${called} with "${result.type}"`)
      return result as Answer<C>
    } finally {
      if (this.newest.get(document) === own) this.newest.delete(document)
    }
  }

  private async answer(command: Looking, signal: AbortSignal): Promise<Result> {
    const request = this.engine.request(command)
    const stop = () => this.engine.tell({ type: 'stop', run: request.id, how: 'cancel' })
    signal.addEventListener('abort', stop)
    try {
      return await Promise.race([request.result, aborted(signal)])
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
