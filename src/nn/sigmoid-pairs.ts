import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { softplus } from './activations.ts'
import { diagonal, type LossTerms } from './contrastive.ts'

/**
 * SigLIP's loss: each pair by itself is true (on the diagonal, z = 1) or false (z = -1),
 * -(1/B) Σᵢⱼ ln σ(zᵢⱼ ℓᵢⱼ). `logits` float [B, B′]; divided by B, not by the number of pairs.
 *
 * Source: Zhai et al. 2023 (arXiv 2303.15343), section 3.2 and Algorithm 1.
 */
export function sigmoidPairs(b: Builder, logits: Var): LossTerms {
  const { dtype, shape } = logits.type
  const signed = b.select(diagonal(b, shape), b.neg(logits), logits) // [B, B′] -zℓ
  return { sum: b.sum(softplus(b, signed), [0, 1]), count: b.scalar(dtype, shape[0]!) }
}
