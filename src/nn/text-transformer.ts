import type { Var } from '../ir/program.ts'
import { elementCount } from '../ir/types.ts'
import type { Activation } from './activations.ts'
import { embedding, takeAlong } from './embedding.ts'
import { layerNorm } from './layer-norm.ts'
import type { Scope } from './scope.ts'
import { transformer } from './transformer.ts'

export interface TextTransformerOptions {
  /** Ids lie in [0, vocab). */
  readonly vocab: number
  readonly width: number
  readonly depth: number
  readonly heads: number
  readonly mlpRatio?: number
  readonly activation?: Activation
  /** Each token sees only itself and what stands before it. */
  readonly causal: boolean
  /** Where `pooled` is read: at the end-of-text token, or at the last place of the sequence; `eot` by default. */
  readonly pool?: 'eot' | 'last'
}

/**
 * CLIP's text transformer: `ids` s32 [..., L] and `eot` s32 [...], the position of the end-of-text token →
 * `tokens` [..., L, D] after `ln_final`, and `pooled` [..., D], the one at `eot`, or the last, as in SigLIP.
 *
 * What stands after `eot` can't reach `pooled` when attention is causal; otherwise it can, as in CLIP's code.
 * Weights as open_clip's: `token_embedding/weight`, `positional_embedding`, `transformer/resblocks/…`, `ln_final`,
 * starting with standard deviations 0.02 and 0.01. Source: Radford et al. 2021 (arXiv 2103.00020), section 2.4; the last
 * place of attention both ways: big_vision's text_transformer.
 */
export function textTransformer(
  s: Scope,
  ids: Var,
  eot: Var,
  options: TextTransformerOptions,
): { tokens: Var; pooled: Var } {
  const { b } = s
  const { width } = options
  const length = ids.type.shape.at(-1)!
  const lead = ids.type.shape.slice(0, -1)
  const batch = elementCount(lead)
  const words = embedding(s.child('token_embedding'), b.reshape(ids, [batch, length]), options) // [B, L, D]
  const positions = s.weight('positional_embedding', [length, width], { kind: 'normal', std: 0.01 }) // [L, D]
  const y = transformer(s.child('transformer'), b.add(words, positions), options) // [B, L, D]
  const last =
    options.pool === 'last'
      ? b.reshape(b.sliceAxis(y, 1, length - 1, length), [batch, width])
      : takeAlong(b, y, b.reshape(eot, [batch])) // [B, D]
  // Normalised on their own, so that a program that only pools never normalises the whole sequence.
  const norm = s.child('ln_final')
  return {
    tokens: b.reshape(layerNorm(norm, y), [...lead, length, width]), // [..., L, D]
    pooled: b.reshape(layerNorm(norm, last), [...lead, width]), // [..., D]
  }
}
