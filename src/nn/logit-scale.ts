import type { Var } from '../ir/program.ts'
import type { Scope } from './scope.ts'

/** The largest logit scale of CLIP, as its logarithm. */
const LARGEST = Math.log(100)

/**
 * e^s with a learned scalar s, the inverse temperature of similarities. Weight `logit_scale` [], float32, never decayed,
 * brought back to [0, ln 100] after each update. Source: Radford et al. 2021 (arXiv 2103.00020), section 2.5.
 *
 * @param options.init s at the start; ln(1 / 0.07) by default
 */
export function logitScale(s: Scope, options: { readonly init?: number } = {}): Var {
  const log = s.weight(
    'logit_scale',
    [],
    { kind: 'constant', value: options.init ?? Math.log(1 / 0.07) },
    { constraint: { kind: 'clamp', min: 0, max: LARGEST }, decay: false, precise: true },
  )
  return s.b.exp(log)
}

/**
 * A learned number added to all similarities. Weight `logit_bias` [], float32, never decayed. Source: Zhai et al. 2023
 * (arXiv 2303.15343), section 3.2.
 *
 * @param options.init its value at the start; -10 by default
 */
export const logitBias = (s: Scope, options: { readonly init?: number } = {}): Var =>
  s.weight(
    'logit_bias',
    [],
    { kind: 'constant', value: options.init ?? -10 },
    { decay: false, precise: true },
  )
