import type { Var } from '../ir/program.ts'
import { type Activation, activations } from './activations.ts'
import { batchNorm } from './batch-norm.ts'
import { linear } from './linear.ts'
import type { Scope } from './scope.ts'

export interface MlpOptions {
  /** Number of linear maps; all but the last are followed by a non-linearity. */
  readonly layers: number
  /** Width between them. */
  readonly hidden: number
  /** Width of the result. */
  readonly size: number
  readonly activation: Activation
  /** A batch norm between each linear map and its non-linearity. */
  readonly batchNorm: boolean
}

/**
 * Linear maps with non-linearities between them over the last axis: `x` [..., D] → [..., size].
 *
 * Weights as SLIP's projector: `layer1/weight`, `layer1/bias`, `bn1/…`, `layer2/…`. Source: Chen et al. 2020 (arXiv
 * 2002.05709), section 2.1; with batch norm: Mu et al. 2021 (arXiv 2112.12750).
 */
export function mlp(s: Scope, x: Var, options: MlpOptions): Var {
  const act = activations[options.activation]
  let y = x
  for (let i = 1; i < options.layers; i++) {
    const h = linear(s.child(`layer${i}`), y, options.hidden) // [..., hidden]
    y = act(s.b, options.batchNorm ? batchNorm(s.child(`bn${i}`), h) : h)
  }
  return linear(s.child(`layer${options.layers}`), y, options.size) // [..., size]
}
