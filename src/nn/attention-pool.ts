import { BuildError } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { elementCount, showType } from '../ir/types.ts'
import { geluTanh } from './activations.ts'
import { attend } from './attend.ts'
import { layerNorm } from './layer-norm.ts'
import { affine, linear } from './linear.ts'
import type { Scope } from './scope.ts'

export interface AttentionPoolOptions {
  readonly heads: number
  /** Learned queries Q. */
  readonly queries: number
  /** Width of the MLP's hidden layer, in widths of a token; 4 by default. */
  readonly mlpRatio?: number
  /** bool [..., S]: which tokens are there. */
  readonly valid?: Var
}

/**
 * Learned queries read all tokens: `x` [..., S, D] → [..., Q, D]. a = MHA(probe, x, x), y = a + MLP(LN(a)), the MLP with
 * GELU by tanh: SigLIP's head, there with one query.
 *
 * Weights as Hugging Face's SiglipMultiheadAttentionPoolingHead: `probe` [1, Q, D], `attention/in_proj_weight` [3D, D],
 * `attention/in_proj_bias` [3D], `attention/out_proj`, `layernorm`, `mlp/fc1`, `mlp/fc2`. Source: Zhai et al. 2022
 * (arXiv 2106.04560), section 3.2; big_vision's MAPHead.
 */
export function attentionPool(s: Scope, x: Var, options: AttentionPoolOptions): Var {
  const { b } = s
  const { heads, queries } = options
  const [tokens, width] = x.type.shape.slice(-2) as [number, number]
  if (width % heads)
    throw new BuildError(`${heads} heads don't divide the width of ${showType(x.type)}`, b.currentOrigin)
  const lead = x.type.shape.slice(0, -2)
  const batch = elementCount(lead)
  const head = width / heads
  const attention = s.child('attention')
  const mlp = s.child('mlp')

  const probe = s.weight('probe', [1, queries, width], { kind: 'normal', std: width ** -0.5 })
  const weight = attention.weight('in_proj_weight', [3 * width, width], {
    kind: 'normal',
    std: width ** -0.5,
  })
  const bias = attention.weight('in_proj_bias', [3 * width], { kind: 'zeros' })
  /** Rows of the stacked map to `parts` of the heads' vectors: [n, T, D] → [parts, n · heads, T, d]. */
  const project = (from: Var, [start, parts]: readonly [number, number]): Var => {
    const [n, length] = from.type.shape as [number, number, number]
    const range = [start * width, (start + parts) * width] as const
    const y = affine(b, from, b.sliceAxis(weight, 0, ...range), b.sliceAxis(bias, 0, ...range))
    const split = b.transpose(b.reshape(y, [n, length, parts, heads, head]), [2, 0, 3, 1, 4])
    return b.reshape(split, [parts, n * heads, length, head])
  }
  const query = b.reshape(project(probe, [0, 1]), [1, heads, queries, head])
  const keyValue = project(b.reshape(x, [batch, tokens, width]), [1, 2]) // [2, B·heads, S, d]
  const part = (i: number): Var =>
    b.reshape(b.sliceAxis(keyValue, 0, i, i + 1), [batch * heads, tokens, head])
  const scaled = b.mul(b.broadcastTo(query, [batch, heads, queries, head]), head ** -0.5)
  const mixed = attend(
    b,
    b.reshape(scaled, [batch * heads, queries, head]),
    part(0),
    part(1),
    [batch, heads, queries, tokens],
    { valid: options.valid },
    attention,
  ) // [B·heads, Q, d]
  const joined = b.transpose(b.reshape(mixed, [batch, heads, queries, head]), [0, 2, 1, 3]) // [B, Q, heads, d]
  const a = linear(attention.child('out_proj'), b.reshape(joined, [batch, queries, width]), width) // [B, Q, D]
  const hidden = linear(
    mlp.child('fc1'),
    layerNorm(s.child('layernorm'), a, { eps: 1e-6 }),
    Math.floor(width * (options.mlpRatio ?? 4)),
  ) // [B, Q, rD]
  const y = b.add(a, linear(mlp.child('fc2'), geluTanh(b, hidden), width)) // [B, Q, D]
  return b.reshape(y, [...lead, queries, width]) // [..., Q, D]
}
