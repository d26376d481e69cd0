import type { Builder } from '../../ir/builder.ts'
import type { Var } from '../../ir/program.ts'
import type { Schedule } from '../schedules.ts'
import type { Optimizer } from './optimizer.ts'

export interface AdamWValue {
  readonly kind: 'adamw'
  readonly schedule: Schedule
  readonly beta1: number
  readonly beta2: number
  readonly eps: number
  readonly weightDecay: number
}

/**
 * Adam with decoupled weight decay, as torch.optim.AdamW: p ← p (1 - lr λ), then
 * p ← p - lr / (1 - β₁ᵗ) · m / (√v / √(1 - β₂ᵗ) + eps), t from 1. Slots `exp_avg` (m) and `exp_avg_sq` (v).
 *
 * Source: Loshchilov & Hutter 2019 (arXiv 1711.05101), Algorithm 2.
 */
export const adamw: Optimizer<AdamWValue> = {
  state: shape => ({ exp_avg: shape, exp_avg_sq: shape }),
  update: (b, { beta1, beta2, eps, weightDecay }, { param, grad, state, step, lr, decay }) => {
    const t = b.add(b.convert(step, 'f32'), 1)
    const m = b.add(b.mul(state.exp_avg!, beta1), b.mul(grad, 1 - beta1))
    const v = b.add(b.mul(state.exp_avg_sq!, beta2), b.mul(b.mul(grad, grad), 1 - beta2))
    const rate = b.div(lr, oneMinusPower(b, beta1, t))
    const root = b.mul(b.sqrt(v), b.rsqrt(oneMinusPower(b, beta2, t)))
    const kept = decay && weightDecay > 0 ? b.mul(param, b.sub(1, b.mul(lr, weightDecay))) : param
    const moved = b.sub(kept, b.mul(rate, b.div(m, b.add(root, eps))))
    return { param: moved, state: { exp_avg: m, exp_avg_sq: v } }
  },
}

/**
 * 1 - βᵗ. With x = -t ln β it is tanh(x / 2) (1 + e⁻ˣ), which keeps its digits where βᵗ is close to 1 and the
 * plain difference would lose four of the seven that float32 has.
 */
function oneMinusPower(b: Builder, beta: number, t: Var): Var {
  if (beta === 0) return b.onesLike(t)
  const x = b.mul(t, -Math.log(beta))
  return b.mul(b.tanh(b.mul(x, 0.5)), b.add(b.exp(b.neg(x)), 1))
}
