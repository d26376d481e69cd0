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
