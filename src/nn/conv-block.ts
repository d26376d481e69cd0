import type { Var } from '../ir/program.ts'
import { type Activation, activations } from './activations.ts'
import { conv2d } from './conv.ts'
import { groupNorm } from './group-norm.ts'
import type { Scope } from './scope.ts'

export interface ConvBlockOptions {
  /** Channels of the result; those of `x` by default. */
  readonly width?: number
  /** Groups of both norms; 32 by default. */
  readonly groups?: number
  /** 1e-6 by default. */
  readonly eps?: number
  /** `silu` by default. */
  readonly activation?: Activation
}

/**
 * A residual block of two 3 × 3 convolutions over `x` [N, H, W, C] → [N, H, W, width]:
 * y = shortcut(x) + conv2(act(norm2(conv1(act(norm1(x)))))), the shortcut a 1 × 1 convolution where the widths differ.
 * Reverse mode may compute it again.
 *
 * Weights as diffusers' ResnetBlock2D without a time embedding: `norm1`, `conv1`, `norm2`, `conv2`, `conv_shortcut`.
 * Source: Esser et al. 2021 (arXiv 2012.09841), the blocks of VQGAN.
 */
export const convBlock = (s: Scope, x: Var, options: ConvBlockOptions = {}): Var =>
  s.block(c => convolutions(c, x, options))

function convolutions(s: Scope, x: Var, options: ConvBlockOptions): Var {
  const { b } = s
  const channels = x.type.shape.at(-1)!
  const width = options.width ?? channels
  const act = activations[options.activation ?? 'silu']
  const norm = { groups: options.groups ?? 32, eps: options.eps ?? 1e-6 }
  const three = { kernel: 3, padding: 1 }
  const h = conv2d(s.child('conv1'), act(b, groupNorm(s.child('norm1'), x, norm)), width, three) // [N, H, W, width]
  const y = conv2d(s.child('conv2'), act(b, groupNorm(s.child('norm2'), h, norm)), width, three) // [N, H, W, width]
  const shortcut = width === channels ? x : conv2d(s.child('conv_shortcut'), x, width, { kernel: 1 })
  return b.add(shortcut, y)
}
