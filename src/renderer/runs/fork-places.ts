import { steppedTrain } from '../app/run-controls.ts'
import type { RunView } from '../state/types.ts'
import { whole } from '../ui/format.ts'

/** A step of a run that a fork can begin with. */
export interface ForkPlace {
  readonly train: string
  readonly step: number
  /** The run is held there; it has no checkpoint of it yet. */
  readonly held: boolean
}

/** What a run can be forked at, the latest first: where it is held, and its checkpoints. */
export function forkPlaces(run: RunView | null): ForkPlace[] {
  if (!run) return []
  const train = run.info.state === 'paused' ? steppedTrain(run) : undefined
  const committed = run.checkpoints.map(({ node, step }) => ({ train: node, step, held: false }))
  const all = [
    ...(train ? [{ train: train.node, step: train.taken, held: true }] : []),
    ...committed.toReversed(),
  ]
  const seen = new Set<string>()
  return all.filter(place => {
    const key = keyOf(place)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

export const keyOf = ({ train, step }: Pick<ForkPlace, 'train' | 'step'>): string => `${train} ${step}`

/** `step 8 of train`, `step 5 of train, where it is held`. */
export const placeText = ({ train, step, held }: ForkPlace): string =>
  `step ${whole(step)} of ${train}${held ? ', where it is held' : ''}`
