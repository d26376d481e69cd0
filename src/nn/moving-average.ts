import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'

/**
 * The share f32[] of the old average that step `step` s32[], counted from 0, keeps: min(decay, (2 + step) / (11 + step)),
 * so that a young average does not remember where training started.
 *
 * Source: tf.train.ExponentialMovingAverage, with `num_updates` counting the update itself.
 */
export function averageDecay(b: Builder, step: Var, decay: number): Var {
  const t = b.convert(step, 'f32')
  return b.min(b.div(b.add(t, 2), b.add(t, 11)), decay)
}

/** `average` moved towards `value`: average + (1 - kept) (value - average), which is `value` where they are equal. */
export const movingAverage = (b: Builder, average: Var, value: Var, kept: Var): Var =>
  b.add(average, b.mul(b.sub(value, average), b.sub(1, kept)))
