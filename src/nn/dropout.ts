import { BuildError } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { uniform } from './random.ts'
import type { Scope } from './scope.ts'

/**
 * In train mode each element is 0 with probability `rate`, and the others are divided by 1 - rate, so that the mean
 * stays; in eval mode nothing changes. `name` tells several dropouts of one scope apart.
 *
 * Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting"; scaled in
 * training as torch.nn.Dropout.
 */
export function dropout(s: Scope, x: Var, rate: number, name = 'dropout'): Var {
  const { b } = s
  if (!(rate >= 0 && rate < 1)) throw new BuildError(`a dropout rate of ${rate}`, b.currentOrigin)
  if (s.mode === 'eval' || rate === 0) return x
  const kept = b.compare('LT', uniform(b, s.key(name), x.type.shape), 1 - rate)
  return b.select(kept, b.mul(x, 1 / (1 - rate)), 0)
}
