import { GraphFault } from './diagnostic.ts'
import type { ObjectiveSettings } from './kit.ts'

/** More sets of objectives that act together than this, each a program of its own, are refused. */
export const MOST_VARIANTS = 8

const DEFAULT: ObjectiveSettings = { trainable: '*', every: 1, start: 0 }

/** One setting for each of `count` losses: what a Train does not say is the default. */
export const objectivesOf = (given: readonly ObjectiveSettings[], count: number): ObjectiveSettings[] =>
  Array.from({ length: count }, (_, k) => given[k] ?? DEFAULT)

/** Whether an objective acts on a step, counted from 0. */
export const actsAt = ({ every, start }: ObjectiveSettings, step: number): boolean =>
  step >= start && (step - start) % every === 0

/** The objectives that act on a step, by their places. */
export const actingAt = (objectives: readonly ObjectiveSettings[], step: number): number[] =>
  objectives.flatMap((o, k) => (actsAt(o, step) ? [k] : []))

/**
 * The sets of objectives that act together on any of `steps` steps, in the order in which they first occur. A step
 * on which nothing acts is refused, and so are more sets than programs should be compiled for.
 */
export function actingSets(objectives: readonly ObjectiveSettings[], steps: number): number[][] {
  const idle = objectives.findIndex(o => o.start >= steps)
  if (idle >= 0)
    throw new GraphFault(
      'DT052',
      `objective ${idle} starts at step ${objectives[idle]!.start}, and there are ${steps} steps`,
      { field: `params.objectives.${idle}.start`, hint: 'Start it earlier, or train longer.' },
    )
  const sets = new Map<string, number[]>()
  for (let step = 0; step < lastToLookAt(objectives, steps); step++) {
    const acting = actingAt(objectives, step)
    if (acting.length === 0)
      throw new GraphFault('DT052', `on step ${step} no objective acts`, {
        field: 'params.objectives',
        hint: 'Let one objective act on every step, from step 0.',
      })
    sets.set(acting.join(), acting)
    if (sets.size > MOST_VARIANTS)
      throw new GraphFault(
        'DT052',
        `more than ${MOST_VARIANTS} different sets of objectives act together, each a program of its own`,
        { field: 'params.objectives', hint: 'Let their periods be multiples of each other.' },
      )
  }
  return [...sets.values()]
}

/** After the last start the pattern repeats with the least common multiple of the periods. */
function lastToLookAt(objectives: readonly ObjectiveSettings[], steps: number): number {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))
  const period = objectives.reduce((n, o) => Math.min(steps, (n / gcd(n, o.every)) * o.every), 1)
  const settled = Math.max(0, ...objectives.map(o => o.start))
  return Math.min(steps, settled + period)
}
