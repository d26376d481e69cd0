import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'

/** The learning rate of each step, counted from 0. Plain JSON. */
export interface Schedule {
  /**
   * What follows the warm-up, by the names of Hugging Face's `lr_scheduler_type`: no change; a straight line or half
   * a cosine down to `final`; the inverse square root of the step; no change, then a straight line down to `final`.
   */
  readonly kind: 'constant' | 'cosine' | 'linear' | 'inverse_sqrt' | 'warmup_stable_decay'
  /** The rate at the end of the warm-up. */
  readonly base: number
  readonly warmupSteps: number
  /** Where `final` is reached; the rate stays there. */
  readonly totalSteps: number
  /** 0 by default; `constant` and `inverse_sqrt` never read it. */
  readonly final?: number
  /** Length of the last part of `warmup_stable_decay`; a tenth of all steps by default. No other kind reads it. */
  readonly decaySteps?: number
}

/** Where a schedule comes down from, and over how many steps. */
function descent(schedule: Schedule): { readonly from: number; readonly steps: number } {
  const { kind, warmupSteps, totalSteps } = schedule
  const rest = totalSteps - warmupSteps
  const asked = schedule.decaySteps ?? Math.ceil(totalSteps / 10)
  const steps = kind === 'warmup_stable_decay' ? Math.min(asked, rest) : rest
  return { from: totalSteps - steps, steps: Math.max(1, steps) }
}

/**
 * The learning rate f32[] at `step` s32[]: base (step + 1) / W during the warm-up of W steps, then by kind. With
 * u the share of the way down, (step - W) / (T - W) of T steps, `cosine` is final + ½ (base - final) (1 + cos πu).
 * `warmup_stable_decay` stays at base and goes down a straight line over its last `decaySteps`. `inverse_sqrt` is
 * base √(W / (step + 1)), W at least 1.
 *
 * Source: cosine: Loshchilov & Hutter 2017 (arXiv 1608.03983), Eq. 5, with the warm-up of open_clip's `cosine_lr`;
 * inverse square root: Vaswani et al. 2017 (arXiv 1706.03762), Eq. 3; warm-up, stable, decay: Hu et al. 2024
 * (arXiv 2404.06395), section 4, in the linear form of Hägele et al. 2024 (arXiv 2405.18392).
 */
export function learningRate(b: Builder, step: Var, schedule: Schedule): Var {
  const { base, warmupSteps } = schedule
  const t = b.convert(step, 'f32')
  const { from, steps } = descent(schedule)
  const u = b.min(b.max(b.div(b.sub(t, from), steps), 0), 1)
  const after = afterWarmup(b, t, u, schedule)
  if (warmupSteps === 0) return after
  const warm = b.mul(b.add(t, 1), base / warmupSteps)
  return b.select(b.compare('LT', step, warmupSteps), warm, after)
}

/** The rate at step `t` f32[] after the warm-up; `u` f32[] is the share of the way down. */
function afterWarmup(b: Builder, t: Var, u: Var, { kind, base, warmupSteps, final = 0 }: Schedule): Var {
  switch (kind) {
    case 'constant':
      return b.scalar('f32', base)
    case 'linear':
    case 'warmup_stable_decay':
      return b.add(b.mul(u, final - base), base)
    case 'cosine':
      return b.add(b.mul(b.add(b.cos(b.mul(u, Math.PI)), 1), 0.5 * (base - final)), final)
    case 'inverse_sqrt':
      return b.mul(b.rsqrt(b.add(t, 1)), base * Math.sqrt(Math.max(1, warmupSteps)))
  }
}

/** The same as a number, for charts. */
export function learningRateAt(schedule: Schedule, step: number): number {
  const { kind, base, warmupSteps, final = 0 } = schedule
  if (step < warmupSteps) return (base * (step + 1)) / warmupSteps
  const { from, steps } = descent(schedule)
  const u = Math.min(Math.max((step - from) / steps, 0), 1)
  switch (kind) {
    case 'constant':
      return base
    case 'linear':
    case 'warmup_stable_decay':
      return base + (final - base) * u
    case 'cosine':
      return final + 0.5 * (base - final) * (1 + Math.cos(Math.PI * u))
    case 'inverse_sqrt':
      return base * Math.sqrt(Math.max(1, warmupSteps) / (step + 1))
  }
}
