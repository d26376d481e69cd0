import { BuildError, type Builder } from '../../ir/builder.ts'
import type { Var } from '../../ir/program.ts'

/** √(Σ of all squares), float[]: the length of all gradients taken as one vector. */
export function globalNorm(b: Builder, grads: readonly Var[]): Var {
  const squares = grads.map(g =>
    b.sum(
      b.mul(g, g),
      g.type.shape.map((_, i) => i),
    ),
  )
  if (squares.length === 0) throw new BuildError('a norm of no gradients', b.currentOrigin)
  return b.sqrt(squares.reduce((x, y) => b.add(x, y)))
}

/** Keeps a division by a norm of 0 finite, as in torch. */
const EPS = 1e-6

/**
 * Scales all gradients by min(1, limit / (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_.
 * Source: Pascanu et al. 2013 (arXiv 1211.5063), Algorithm 1.
 */
export function clipByGlobalNorm(b: Builder, grads: readonly Var[], limit: number): Var[] {
  const scale = b.min(b.div(limit, b.add(globalNorm(b, grads), EPS)), 1)
  return grads.map(g => b.mul(g, scale))
}
