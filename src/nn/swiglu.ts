import type { Var } from '../ir/program.ts'
import { silu } from './activations.ts'
import { linear } from './linear.ts'
import type { Scope } from './scope.ts'

export interface SwiGluOptions {
  /** Width H of the hidden layer. */
  readonly hidden: number
  /** Learned biases; false by default. */
  readonly bias?: boolean
  /** Standard deviation of the starting `down_proj/weight`; H^-½ by default. */
  readonly outStd?: number
}

/**
 * y = W₃ (silu(W₁ x) ⊙ W₂ x) over the last axis of `x` [..., D] → [..., D]. Weights as Hugging Face's Llama:
 * `gate_proj/weight` (W₁) and `up_proj/weight` (W₂) [H, D], `down_proj/weight` (W₃) [D, H].
 *
 * Source: Shazeer 2020 (arXiv 2002.05202), Eq. 6.
 */
export function swiGlu(s: Scope, x: Var, { hidden, bias = false, outStd }: SwiGluOptions): Var {
  const { b } = s
  const gate = silu(b, linear(s.child('gate_proj'), x, hidden, { bias })) // [..., H]
  const up = linear(s.child('up_proj'), x, hidden, { bias }) // [..., H]
  return linear(s.child('down_proj'), b.mul(gate, up), x.type.shape.at(-1)!, { bias, std: outStd }) // [..., D]
}
