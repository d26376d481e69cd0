import { BuildError } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { showType } from '../ir/types.ts'
import { linear } from './linear.ts'
import { l2Normalize } from './normalize.ts'
import type { Scope } from './scope.ts'
import { softmax } from './softmax.ts'

/** Added to the score of a token that isn't there. */
const ABSENT = -1e30

export interface CaptionMixerOptions {
  /** Width E of the joint space. */
  readonly size: number
  readonly heads: number
  /** What scores are divided by; √(E / heads) by default. */
  readonly temperature?: number
}

/**
 * Cosines of images with captions where each caption j mixes the image's tokens in its own way: `tokens` [B, K, D],
 * `valid` bool [B, K], `text` [B′, T] → [B, B′]. For each head
 * wᵢⱼₖ = softmaxₖ((W_q tⱼ)·(W_k hᵢₖ) / τ), zᵢⱼ = W_o Σₖ wᵢⱼₖ W_v hᵢₖ, and the cosine of zᵢⱼ with W_t tⱼ. A pair that
 * does not belong together is mixed by its own caption too, else the text alone would tell. Texts are brought to
 * length √T first, what a layer norm gives them, so that a mean of several unit texts mixes as sharply as one.
 *
 * Weights `q_proj` [E, T], `k_proj` and `v_proj` [E, D], `out_proj` [E, E], `text_proj` [E, T], without biases. With one
 * token it is the cosine of two linear maps. Source: Lavoie et al. 2024 (arXiv 2405.00740), section 3.
 */
export function captionMixer(
  s: Scope,
  { tokens, valid, text }: { readonly tokens: Var; readonly valid: Var; readonly text: Var },
  { size, heads, temperature = Math.sqrt(size / heads) }: CaptionMixerOptions,
): Var {
  const { b } = s
  const [rows, count] = tokens.type.shape as [number, number, number]
  const columns = text.type.shape[0]!
  if (size % heads)
    throw new BuildError(
      `${heads} heads don't divide the width ${size} that ${showType(text.type)} is mapped to`,
      b.currentOrigin,
    )
  const head = size / heads
  const state = b.mul(l2Normalize(b, text), Math.sqrt(text.type.shape[1]!)) // [B′, T]
  const map = (name: string, x: Var): Var => linear(s.child(name), x, size, { bias: false })
  const query = b.reshape(map('q_proj', state), [columns, heads, head])
  const key = b.reshape(map('k_proj', tokens), [rows * count, heads, head])
  const scores = b.dotGeneral(key, query, {
    lhsBatch: [1],
    rhsBatch: [1],
    lhsContract: [2],
    rhsContract: [2],
  }) // [heads, B·K, B′]
  const split = b.transpose(b.reshape(scores, [heads, rows, count, columns]), [1, 3, 0, 2]) // [B, B′, heads, K]
  const there = b.select(b.reshape(valid, [rows, 1, 1, count]), b.scalar('f32', 0), ABSENT)
  const share = softmax(b, b.add(b.mul(split, 1 / temperature), there)) // [B, B′, heads, K]

  // W_o is applied to each head's values before they are mixed: there are fewer of them than pairs.
  const value = b.reshape(map('v_proj', tokens), [rows * count, heads, head])
  const weight = s.child('out_proj').weight('weight', [size, size], { kind: 'normal', std: size ** -0.5 })
  const mapped = b.dotGeneral(value, b.reshape(weight, [size, heads, head]), {
    lhsBatch: [1],
    rhsBatch: [1],
    lhsContract: [2],
    rhsContract: [2],
  }) // [heads, B·K, E]
  const values = b.reshape(b.transpose(b.reshape(mapped, [heads, rows, count, size]), [1, 0, 2, 3]), [
    rows,
    heads * count,
    size,
  ])
  const mixed = b.dotGeneral(b.reshape(share, [rows, columns, heads * count]), values, {
    lhsBatch: [0],
    rhsBatch: [0],
    lhsContract: [2],
    rhsContract: [1],
  }) // [B, B′, E]
  const caption = l2Normalize(b, map('text_proj', state)) // [B′, E]
  return b.sum(b.mul(l2Normalize(b, mixed), caption), [2]) // [B, B′]
}
