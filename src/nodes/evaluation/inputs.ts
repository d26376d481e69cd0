import type { InputSpec } from '../../graph/kit.ts'

/** What every evaluator of a pairs wire takes. */
export const pairInputs: Readonly<Record<'pairs' | 'dataset' | 'weights', InputSpec>> = {
  pairs: { accepts: { kind: 'record', record: 'pairs' }, doc: 'The similarity to measure.' },
  dataset: { accepts: { kind: 'host', of: 'dataset' }, doc: 'The rows to measure on.' },
  weights: { accepts: { kind: 'host', of: 'weights' }, doc: 'The weights to measure, from a Train.' },
}

/** Standard error of a proportion p over n independent items. */
export const proportionError = (p: number, n: number): number => Math.sqrt((p * (1 - p)) / n)
