import type { Var } from '../ir/program.ts'
import { type Activation, activations } from './activations.ts'
import type { AttentionMasks } from './attend.ts'
import { multiHeadAttention } from './attention.ts'
import { layerNorm } from './layer-norm.ts'
import { linear } from './linear.ts'
import type { Scope } from './scope.ts'

export interface BlockOptions extends AttentionMasks {
  readonly heads: number
  /** Width of the MLP's hidden layer, in widths of a token; 4 by default. */
  readonly mlpRatio?: number
  /** The MLP's non-linearity; `gelu` by default. */
  readonly activation?: Activation
}

export interface TransformerOptions extends BlockOptions {
  /** Number of blocks. */
  readonly depth: number
}

/**
 * A pre-norm residual block over `x` [..., T, D] → [..., T, D]:
 * z = x + MSA(LN(x)), y = z + MLP(LN(z)), MLP = W₂ act(W₁ · ).
 *
 * Weights as open_clip's ResidualAttentionBlock: `ln_1`, `attn`, `ln_2`, `mlp/c_fc` [rD, D], `mlp/c_proj` [D, rD].
 * Starting standard deviations as CLIP's, for a stack of `depth` blocks: D^-½ into attention, (2D)^-½ into the
 * MLP, D^-½ (2 depth)^-½ for the two maps that write to the residual stream. Biases start at 0.
 *
 * Source: Radford et al. 2019, "Language models are unsupervised multitask learners", section 2.3; open_clip's
 * TextTransformer.init_parameters.
 */
export function residualBlock(s: Scope, x: Var, options: BlockOptions & { readonly depth: number }): Var {
  const { b } = s
  const width = x.type.shape.at(-1)!
  const hidden = Math.floor(width * (options.mlpRatio ?? 4))
  const act = activations[options.activation ?? 'gelu']
  const residualStd = width ** -0.5 * (2 * options.depth) ** -0.5
  const mlp = s.child('mlp')

  const attended = multiHeadAttention(s.child('attn'), layerNorm(s.child('ln_1'), x), {
    heads: options.heads,
    causal: options.causal,
    mask: options.mask,
    valid: options.valid,
    inStd: width ** -0.5,
    outStd: residualStd,
  }) // [..., T, D]
  const z = b.add(x, attended) // [..., T, D]
  const h = linear(mlp.child('c_fc'), layerNorm(s.child('ln_2'), z), hidden, { std: (2 * width) ** -0.5 }) // [..., T, rD]
  return b.add(z, linear(mlp.child('c_proj'), act(b, h), width, { std: residualStd })) // [..., T, D]
}

/**
 * `depth` residual blocks in a row, at `resblocks/0`, `resblocks/1` …; `x` [..., T, D] → [..., T, D]. Each may be computed
 * again in reverse mode.
 */
export function transformer(s: Scope, x: Var, options: TransformerOptions): Var {
  let y = x
  for (let i = 0; i < options.depth; i++) {
    const from = y
    y = s.child(`resblocks/${i}`).block(c => residualBlock(c, from, options))
  }
  return y
}
