import type { Program, Var } from '../../ir/program.ts'
import { globalNorm } from '../../nn/optimizers/index.ts'
import { stageVariant, type VariantParts } from './train-variant.ts'

/** Numbers of each weight: the norms of its gradient, of itself and of its update. */
export const NORMS = 3

/** A program that looks at the weights of a step: with the arguments of the step's own, which it never changes. */
export interface WeightWatch {
  /** One output, f32[weights · 3]: for each weight in order ‖g‖₂ before clipping, ‖θ‖₂ and ‖Δθ‖₂. */
  readonly program: Program
  /** The weights that objectives train on such a step. */
  readonly weights: readonly string[]
}

/**
 * Builds the step once more with other outputs: of each weight that is trained, how large its gradient is and by how
 * much the step moves it. Of several objectives in sequence, the last that trains a weight gives its gradient.
 */
export function buildWeightWatch(parts: VariantParts): WeightWatch {
  const { b, trained, updated, finish } = stageVariant(parts)
  const norms = b.at(parts.context.train, () =>
    [...trained].flatMap(([name, { value, gradient }]): Var[] => [
      globalNorm(b, [gradient]),
      globalNorm(b, [value]),
      globalNorm(b, [b.sub(updated.get(name)!, value)]),
    ]),
  )
  const all = b.at(parts.context.train, () =>
    b.concatenate(
      norms.map(norm => b.reshape(norm, [1])),
      0,
    ),
  )
  b.output('norms', all)
  return { program: finish('weights'), weights: [...trained.keys()] }
}
