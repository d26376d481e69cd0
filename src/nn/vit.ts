import { BuildError, type Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { elementCount, showType, tensor } from '../ir/types.ts'
import type { Activation } from './activations.ts'
import { layerNorm } from './layer-norm.ts'
import { patchEmbedding } from './patch.ts'
import { dropPatches } from './patch-drop.ts'
import { inFloat32 } from './precision.ts'
import type { Scope } from './scope.ts'
import { transformer } from './transformer.ts'

export interface VisionTransformerOptions {
  /** Side of a patch in pixels. */
  readonly patch: number
  readonly width: number
  readonly depth: number
  readonly heads: number
  readonly mlpRatio?: number
  readonly activation?: Activation
  /** What stands for the whole picture: the class token, or the mean of the patches. */
  readonly pool: 'cls' | 'mean'
  /** Puts a class token in front of the patches; true by default. */
  readonly classToken?: boolean
  /** Share of the patches that each picture keeps while training; 1 by default. */
  readonly keep?: number
  /** Learned tokens behind the patches, whose states are a result of their own; 0 by default. */
  readonly extraTokens?: number
  /** One number a channel; the picture enters as (image - mean) / std. */
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

export interface VisionFeatures {
  /** [..., N + 1, D], after the last block and before `ln_post` (as Hugging Face's `last_hidden_state`); dropped ones are 0. */
  readonly tokens: Var
  /** bool [..., N + 1], which of them were computed; absent where all were. */
  readonly valid?: Var
  /** [..., D], after `ln_post`. */
  readonly pooled: Var
  /** The states of the extra tokens [..., K, D], after `ln_post`. */
  readonly extra?: Var
}

/**
 * A vision transformer in CLIP's form over `image` float [..., H, W, C] in 0–1. Tokens are the class token, then
 * N = HW/P² patches; patches are dropped after positions are added, and the class and extra tokens never are.
 *
 * Weights as open_clip's VisionTransformer: `conv1/weight`, `class_embedding`, `positional_embedding`, `ln_pre`,
 * `transformer/resblocks/…`, `ln_post`; beside them `extra_tokens` [K, D]. Source: Dosovitskiy et al. 2021 (arXiv
 * 2010.11929), Eq. 1–4; ln_pre and ln_post: Radford et al. 2021 (arXiv 2103.00020); extra tokens: Lavoie et al. 2024
 * (arXiv 2405.00740), section 3.
 */
export function visionTransformer(s: Scope, image: Var, options: VisionTransformerOptions): VisionFeatures {
  const { b } = s
  const { width, classToken = true, keep = 1, extraTokens = 0 } = options
  const lead = image.type.shape.slice(0, -3)
  const batch = elementCount(lead)
  const pixels = b.reshape(image, [batch, ...image.type.shape.slice(-3)]) // [B, H, W, C]

  const normal = standardise(b, pixels, options.mean, options.std) // [B, H, W, C]
  const patches = patchEmbedding(s.child('conv1'), normal, options) // [B, N, D]
  const first = classToken ? 1 : 0
  const count = patches.type.shape[1]! + first
  const start = { kind: 'normal', std: width ** -0.5 } as const
  const tokens = classToken
    ? b.concatenate(
        [b.broadcastTo(s.weight('class_embedding', [width], start), [batch, 1, width]), patches],
        1,
      )
    : patches // [B, N + 1, D]
  const placed = b.add(tokens, s.weight('positional_embedding', [count, width], start)) // [B, N + 1, D]
  const dropped = keep < 1 && s.mode === 'train' ? dropPatches(s, placed, { first, keep }) : undefined
  const kept = dropped?.tokens ?? placed // [B, n, D]
  const all = extraTokens ? b.concatenate([kept, extraRows(s, batch, extraTokens, width)], 1) : kept // [B, n + K, D]
  const states = transformer(s.child('transformer'), layerNorm(s.child('ln_pre'), all), options) // [B, n + K, D]
  const used = kept.type.shape[1]!
  const y = extraTokens ? b.sliceAxis(states, 1, 0, used) : states // [B, n, D]
  const whole = dropped?.restore(y) ?? y // [B, N + 1, D]
  return {
    tokens: b.reshape(whole, [...lead, count, width]), // [..., N + 1, D]
    ...(dropped && { valid: b.reshape(dropped.valid, [...lead, count]) }),
    pooled: b.reshape(pool(s, y, options.pool, first), [...lead, width]), // [..., D]
    ...(extraTokens && {
      extra: b.reshape(
        layerNorm(s.child('ln_post'), b.sliceAxis(states, 1, used, used + extraTokens)),
        [...lead, extraTokens, width], // [..., K, D]
      ),
    }),
  }
}

/** The learned tokens `extra_tokens` [K, D] for each picture: [B, K, D]. */
const extraRows = (s: Scope, batch: number, count: number, width: number): Var =>
  s.b.broadcastTo(s.weight('extra_tokens', [count, width], { kind: 'normal', std: width ** -0.5 }), [
    batch,
    count,
    width,
  ])

/** (x - mean) / std for each channel of `x` [B, H, W, C], in float32. */
function standardise(b: Builder, x: Var, mean: readonly number[], std: readonly number[]): Var {
  const channels = x.type.shape[3]!
  if (mean.length !== channels || std.length !== channels)
    throw new BuildError(
      `${mean.length} means and ${std.length} deviations for the ${channels} channels of ${showType(x.type)}`,
      b.currentOrigin,
    )
  const type = tensor('f32', [channels])
  return inFloat32(b, x, v => b.div(b.sub(v, b.constant(type, mean)), b.constant(type, std)))
}

/** [B, first + n, D] → [B, D]; of the class token alone, where only that is asked for. */
function pool(s: Scope, tokens: Var, kind: 'cls' | 'mean', first: number): Var {
  const { b } = s
  const [batch, count, width] = tokens.type.shape as [number, number, number]
  if (kind === 'cls' && first === 0)
    throw new BuildError('without a class token a picture is pooled by its mean', b.currentOrigin)
  const norm = s.child('ln_post')
  if (kind === 'cls') return layerNorm(norm, b.reshape(b.sliceAxis(tokens, 1, 0, 1), [batch, width])) // [B, D]
  return inFloat32(b, layerNorm(norm, b.sliceAxis(tokens, 1, first, count)), v => b.mean(v, [1])) // [B, D]
}
