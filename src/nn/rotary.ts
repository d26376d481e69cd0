import { BuildError, type Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { showType, tensor } from '../ir/types.ts'

export interface RotaryOptions {
  /** Wavelengths run from 2π to 2π · base; 10,000 by default. */
  readonly base?: number
  /** Where each token stands: s32 [T], or [B, T]; 0, 1, 2 … by default. */
  readonly positions?: Var
}

/**
 * Rotary position embedding of `x` [B, T, heads, d] → the same shape: the pair of elements i and i + d/2 turns by the
 * angle position · base^(-2i/d). The pairs are those of Llama and Hugging Face (halves), not neighbours.
 *
 * Source: Su et al. 2021 (arXiv 2104.09864), Eq. 34; transformers' `apply_rotary_pos_emb`.
 */
export function rotary(b: Builder, x: Var, options: RotaryOptions = {}): Var {
  const [, tokens, , width] = x.type.shape as [number, number, number, number]
  if (width % 2)
    throw new BuildError(`rotary embedding pairs up elements: ${showType(x.type)} is odd`, b.currentOrigin)
  const half = width / 2
  const positions = options.positions ?? b.iota('s32', [tokens], 0)
  const speeds = Array.from({ length: half }, (_, i) => (options.base ?? 10_000) ** ((-2 * i) / width))
  // In float32 whatever the dtype of x: bf16 can't tell positions above 256 apart.
  const at = b.reshape(b.convert(positions, 'f32'), [...positions.type.shape, 1, 1]) // [(B,) T, 1, 1]
  const angles = b.mul(at, b.constant(tensor('f32', [half]), speeds)) // [(B,) T, 1, d/2]
  const [cos, sin] = [b.cos(angles), b.sin(angles)].map(v => b.convert(v, x.type.dtype)) as [Var, Var]
  const [first, second] = [b.sliceAxis(x, 3, 0, half), b.sliceAxis(x, 3, half, width)] // [B, T, heads, d/2]
  return b.concatenate(
    [b.sub(b.mul(first, cos), b.mul(second, sin)), b.add(b.mul(second, cos), b.mul(first, sin))],
    3,
  )
}
