import { randomFrom } from '../graph/mutate.ts'

/** A process that is killed: the page's own, the whole browser, the server, the engine. */
export type Victim = 'page' | 'browser' | 'host' | 'engine'

export interface Plan {
  /** Its number within the seed's kills, from 1. */
  readonly number: number
  readonly victims: readonly Victim[]
  /**
   * `start`: while what the last kill ended comes up again; `session`: while a person works, whatever the engine
   * does; `training`: the same, from the first step on.
   */
  readonly during: 'start' | 'session' | 'training'
  /** Milliseconds after that began. */
  readonly afterMs: number
  /** How long a person types on after a kill that leaves the window. */
  readonly goOnMs: number
  /** Draws what the person does meanwhile. */
  readonly random: () => number
}

/** What is killed how often; a list of several is a crash that takes all of them at once. */
const WEIGHTS: readonly (readonly [number, readonly Victim[]])[] = [
  [5, ['page']],
  [2, ['browser']],
  [4, ['host']],
  [5, ['engine']],
  [2, ['host', 'engine']],
  [1, ['browser', 'host']],
  [1, ['browser', 'host', 'engine']],
]
const DURING: readonly (readonly [number, Plan['during']])[] = [
  [3, 'start'],
  [3, 'session'],
  [4, 'training'],
]
const LATEST_MS = 1500
const GO_ON_MS = 1200

/** The same for the same seed and number, whatever was drawn before. */
export function planOf(seed: number, number: number): Plan {
  const random = randomFrom(scattered(seed, number))
  const victims = drawn(WEIGHTS, random)
  const during = drawn(DURING, random)
  const afterMs = Math.round(random() * LATEST_MS)
  return { number, victims, during, afterMs, goOnMs: Math.round(random() * GO_ON_MS), random }
}

/** Neighbouring numbers would begin neighbouring sequences: every bit of both goes into every bit (MurmurHash3). */
function scattered(seed: number, number: number): number {
  let bits = Math.imul(seed, 0x9e3779b1) ^ Math.imul(number, 0x85ebca77)
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

/** One of several, the heavier the likelier. */
export function drawn<T>(weights: readonly (readonly [number, T])[], random: () => number): T {
  let left = random() * weights.reduce((sum, [weight]) => sum + weight, 0)
  for (const [weight, value] of weights) {
    left -= weight
    if (left <= 0) return value
  }
  return weights.at(-1)![1]
}
