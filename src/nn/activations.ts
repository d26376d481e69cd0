import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { inFloat32 } from './precision.ts'

/** x Φ(x) with the exact normal distribution function. Source: Hendrycks & Gimpel 2016 (arXiv 1606.08415). */
export const gelu = (b: Builder, x: Var): Var =>
  inFloat32(b, x, v => b.mul(b.mul(v, 0.5), b.add(b.erf(b.mul(v, Math.SQRT1_2)), 1)))

/** GELU by tanh(√(2/π) (x + 0.044715 x³)), as in GPT-2 and big_vision. Source: as `gelu`, section 2. */
export const geluTanh = (b: Builder, x: Var): Var => {
  const cubic = b.add(x, b.mul(b.mul(b.mul(x, x), x), 0.044715))
  return b.mul(b.mul(x, 0.5), b.add(b.tanh(b.mul(cubic, Math.sqrt(2 / Math.PI))), 1))
}

/** x σ(1.702 x): what OpenAI's CLIP weights were trained with. */
export const quickGelu = (b: Builder, x: Var): Var =>
  inFloat32(b, x, v => b.mul(v, b.logistic(b.mul(v, 1.702))))

/** max(x, 0). */
export const relu = (b: Builder, x: Var): Var => b.max(x, 0)

/** x σ(x), also called swish. */
export const silu = (b: Builder, x: Var): Var => inFloat32(b, x, v => b.mul(v, b.logistic(v)))

/** ln(1 + e^x), without overflow; -ln σ(-x). */
export const softplus = (b: Builder, x: Var): Var => b.add(b.max(x, 0), b.log1p(b.exp(b.neg(b.abs(x)))))

/** Elementwise functions by the names that Hugging Face configurations use. */
export const activations = { gelu, gelu_pytorch_tanh: geluTanh, quick_gelu: quickGelu, relu, silu } as const

export type Activation = keyof typeof activations
