import type { Schedule } from '../schedules.ts'
import type { Optimizer } from './optimizer.ts'

export interface SgdValue {
  readonly kind: 'sgd'
  readonly schedule: Schedule
  /** Share μ of the last step's direction that is kept; 0 needs no memory. */
  readonly momentum: number
  /** Looks one step ahead along the momentum. */
  readonly nesterov: boolean
  readonly weightDecay: number
}

/**
 * Stochastic gradient descent as torch.optim.SGD (without dampening): g ← g + λ p, m ← μ m + g, then
 * p ← p - lr m, or with Nesterov's momentum p ← p - lr (g + μ m). Slot `momentum_buffer` (m), where μ > 0.
 *
 * The decay is added to the gradient, so it goes through the momentum: AdamW and Lion decay the weight itself.
 * Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", section 2.
 */
export const sgd: Optimizer<SgdValue> = {
  state: (shape, { momentum }): Readonly<Record<string, readonly number[]>> =>
    momentum > 0 ? { momentum_buffer: shape } : {},
  update: (b, { momentum, nesterov, weightDecay }, { param, grad, state, lr, decay }) => {
    const g = decay && weightDecay > 0 ? b.add(grad, b.mul(param, weightDecay)) : grad
    const buffer = state.momentum_buffer
    if (!buffer) return { param: b.sub(param, b.mul(g, lr)), state }
    const m = b.add(b.mul(buffer, momentum), g)
    const direction = nesterov ? b.add(g, b.mul(m, momentum)) : m
    return { param: b.sub(param, b.mul(direction, lr)), state: { momentum_buffer: m } }
  },
}
