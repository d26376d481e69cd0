import type { InputSpec } from '../../graph/kit.ts'

/** What every evaluator takes. */
export const measuredInputs: Readonly<Record<'dataset' | 'weights', InputSpec>> = {
  dataset: { accepts: { kind: 'host', of: 'dataset' }, doc: 'The rows to measure on.' },
  weights: { accepts: { kind: 'host', of: 'weights' }, doc: 'The weights to measure, from a Train.' },
}

/** What every evaluator of a pairs wire takes. */
export const pairInputs: Readonly<Record<'pairs' | 'dataset' | 'weights', InputSpec>> = {
  pairs: { accepts: { kind: 'record', record: 'pairs' }, doc: 'The similarity to measure.' },
  ...measuredInputs,
}
