import { BuildError } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { elementCount, showType } from '../ir/types.ts'
import { inFloat32 } from './precision.ts'
import type { Scope } from './scope.ts'

export interface BatchNormOptions {
  /** 1e-5 by default. */
  readonly eps?: number
  /** Share of this batch in the running statistics; 0.1 by default. */
  readonly momentum?: number
}

/**
 * y = (x - mean) / √(var + eps) · weight + bias over the last axis of `x` [..., D], in float32. While training, mean and
 * var (without Bessel's correction) are those of all the vectors of the batch, and the states move:
 * running ← (1 - momentum) running + momentum · statistic, the variance with Bessel's correction. In evaluation they
 * are the running ones. Weights `weight`, `bias`, states `running_mean`, `running_var`, all [D].
 *
 * Source: Ioffe and Szegedy 2015 (arXiv 1502.03167), Algorithms 1 and 2; torch.nn.BatchNorm1d.
 */
export function batchNorm(s: Scope, x: Var, options: BatchNormOptions = {}): Var {
  const { b } = s
  const { eps = 1e-5, momentum = 0.1 } = options
  const width = x.type.shape.at(-1)!
  const count = elementCount(x.type.shape.slice(0, -1))
  const gain = s.weight('weight', [width], { kind: 'ones' }, { precise: true })
  const bias = s.weight('bias', [width], { kind: 'zeros' }, { precise: true })
  const runningMean = s.state('running_mean', [width], { kind: 'zeros' })
  const runningVar = s.state('running_var', [width], { kind: 'ones' })
  if (s.mode === 'train' && count < 2)
    throw new BuildError(
      `a batch norm needs more than one vector to train on: ${showType(x.type)}`,
      b.currentOrigin,
    )
  return inFloat32(b, x, v => {
    const rows = b.reshape(v, [count, width]) // [N, D]
    const [mean, variance] = s.mode === 'train' ? statistics(s, rows, momentum) : [runningMean, runningVar] // [D] each
    const unit = b.mul(b.sub(rows, mean), b.rsqrt(b.add(variance, eps))) // [N, D]
    return b.reshape(b.add(b.mul(unit, gain), bias), x.type.shape) // [..., D]
  })
}

/** Mean and variance of `rows` [N, D] over N, which the running ones move towards. */
function statistics(s: Scope, rows: Var, momentum: number): [mean: Var, variance: Var] {
  const { b } = s
  const count = rows.type.shape[0]!
  const mean = b.mean(rows, [0]) // [D]
  const centred = b.sub(rows, mean) // [N, D]
  const variance = b.mean(b.mul(centred, centred), [0]) // [D]
  const mix = (old: Var, value: Var): Var => b.add(b.mul(old, 1 - momentum), b.mul(value, momentum))
  s.update(['running_mean', 'running_var'], ([oldMean, oldVar]) => [
    mix(oldMean!, mean),
    mix(oldVar!, b.mul(variance, count / (count - 1))),
  ])
  return [mean, variance]
}
