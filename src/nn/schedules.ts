import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'

/** The learning rate of each step, counted from 0. Plain JSON. */
export interface Schedule {
  /** What follows the warm-up: no change, a straight line or half a cosine down to `final`. */
  readonly kind: 'constant' | 'cosine' | 'linear'
  /** The rate at the end of the warm-up. */
  readonly base: number
  readonly warmupSteps: number
  /** Where `final` is reached; the rate stays there. */
  readonly totalSteps: number
  /** 0 by default; `constant` never reads it. */
  readonly final?: number
}

/**
 * The learning rate f32[] at `step` s32[]: base (step + 1) / warmupSteps during the warm-up, then by kind, with
 * u = (step - warmupSteps) / (totalSteps - warmupSteps): cosine is final + ½ (base - final) (1 + cos πu).
 *
 * Source: Loshchilov & Hutter 2017 (arXiv 1608.03983), Eq. 5; the warm-up as open_clip's `cosine_lr`.
 */
export function learningRate(b: Builder, step: Var, schedule: Schedule): Var {
  const { base, warmupSteps, totalSteps } = schedule
  const t = b.convert(step, 'f32')
  const span = Math.max(1, totalSteps - warmupSteps)
  const u = b.min(b.max(b.div(b.sub(t, warmupSteps), span), 0), 1)
  const after = afterWarmup(b, u, schedule)
  if (warmupSteps === 0) return after
  const warm = b.mul(b.add(t, 1), base / warmupSteps)
  return b.select(b.compare('LT', step, warmupSteps), warm, after)
}

/** The rate at the share `u` f32[] of the way from the end of the warm-up to the last step. */
function afterWarmup(b: Builder, u: Var, { kind, base, final = 0 }: Schedule): Var {
  switch (kind) {
    case 'constant':
      return b.scalar('f32', base)
    case 'linear':
      return b.add(b.mul(u, final - base), base)
    case 'cosine':
      return b.add(b.mul(b.add(b.cos(b.mul(u, Math.PI)), 1), 0.5 * (base - final)), final)
  }
}

/** The same as a number, for charts. */
export function learningRateAt(schedule: Schedule, step: number): number {
  const { kind, base, warmupSteps, totalSteps, final = 0 } = schedule
  if (step < warmupSteps) return (base * (step + 1)) / warmupSteps
  const u = Math.min((step - warmupSteps) / Math.max(1, totalSteps - warmupSteps), 1)
  switch (kind) {
    case 'constant':
      return base
    case 'linear':
      return base + (final - base) * u
    case 'cosine':
      return final + 0.5 * (base - final) * (1 + Math.cos(Math.PI * u))
  }
}
