import type { Schedule } from '../schedules.ts'
import type { Optimizer } from './optimizer.ts'

export interface LionValue {
  readonly kind: 'lion'
  readonly schedule: Schedule
  readonly beta1: number
  readonly beta2: number
  readonly weightDecay: number
}

/**
 * Lion: p ← p - lr (sign(β₁ m + (1 - β₁) g) + λ p), then m ← β₂ m + (1 - β₂) g. Slot `exp_avg` (m).
 *
 * Source: Chen et al. 2023 (arXiv 2302.06675), Algorithm 2; the same as optax.lion.
 */
export const lion: Optimizer<LionValue> = {
  state: shape => ({ exp_avg: shape }),
  update: (b, { beta1, beta2, weightDecay }, { param, grad, state, lr, decay }) => {
    const m = state.exp_avg!
    const direction = b.sign(b.add(b.mul(m, beta1), b.mul(grad, 1 - beta1)))
    const step = decay && weightDecay > 0 ? b.add(direction, b.mul(param, weightDecay)) : direction
    return {
      param: b.sub(param, b.mul(step, lr)),
      state: { exp_avg: b.add(b.mul(m, beta2), b.mul(grad, 1 - beta2)) },
    }
  },
}
