import { BuildError, type Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { elementCount, showType, tensor } from '../ir/types.ts'
import type { Activation } from './activations.ts'
import { layerNorm } from './layer-norm.ts'
import { patchEmbedding } from './patch.ts'
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
  /** One number a channel; the picture enters as (image - mean) / std. */
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

/**
 * A vision transformer in CLIP's form: `image` float [..., H, W, C] in 0–1 →
 * `tokens` [..., N + 1, D], the class token first, after the last block and before `ln_post` (as Hugging Face's
 * `last_hidden_state`), and `pooled` [..., D], after `ln_post`.
 *
 * Weights as open_clip's VisionTransformer: `conv1/weight`, `class_embedding`, `positional_embedding`, `ln_pre`,
 * `transformer/resblocks/…`, `ln_post`. Source: Dosovitskiy et al. 2021 (arXiv 2010.11929), Eq. 1–4; ln_pre and
 * ln_post: Radford et al. 2021 (arXiv 2103.00020).
 */
export function visionTransformer(
  s: Scope,
  image: Var,
  options: VisionTransformerOptions,
): { tokens: Var; pooled: Var } {
  const { b } = s
  const { width } = options
  const lead = image.type.shape.slice(0, -3)
  const batch = elementCount(lead)
  const pixels = b.reshape(image, [batch, ...image.type.shape.slice(-3)]) // [B, H, W, C]

  const normal = standardise(b, pixels, options.mean, options.std) // [B, H, W, C]
  const patches = patchEmbedding(s.child('conv1'), normal, options) // [B, N, D]
  const count = patches.type.shape[1]! + 1
  const start = { kind: 'normal', std: width ** -0.5 } as const
  const cls = s.weight('class_embedding', [width], start) // [D]
  const positions = s.weight('positional_embedding', [count, width], start) // [N + 1, D]
  const tokens = b.concatenate([b.broadcastTo(cls, [batch, 1, width]), patches], 1) // [B, N + 1, D]
  const x = layerNorm(s.child('ln_pre'), b.add(tokens, positions)) // [B, N + 1, D]
  const y = transformer(s.child('transformer'), x, options) // [B, N + 1, D]
  const pooled = pool(s, y, options.pool) // [B, D]
  return {
    tokens: b.reshape(y, [...lead, count, width]), // [..., N + 1, D]
    pooled: b.reshape(pooled, [...lead, width]), // [..., D]
  }
}

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

/** [B, N + 1, D] → [B, D]; of the class token alone, where only that is asked for. */
function pool(s: Scope, tokens: Var, kind: 'cls' | 'mean'): Var {
  const { b } = s
  const [batch, count, width] = tokens.type.shape as [number, number, number]
  const norm = s.child('ln_post')
  if (kind === 'cls') return layerNorm(norm, b.reshape(b.sliceAxis(tokens, 1, 0, 1), [batch, width])) // [B, D]
  return inFloat32(b, layerNorm(norm, b.sliceAxis(tokens, 1, 1, count)), v => b.mean(v, [1])) // [B, D]
}
