import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'

/**
 * `build` on `x` in float32, its result rounded once to the dtype of `x`: for sums, exponentials and differences of
 * near numbers, which bf16's 8 bits can't carry. In float32 it adds nothing. Source: the operations that
 * torch.autocast runs in float32; Micikevicius et al. 2017 (arXiv 1710.03740), section 3.3.
 */
export const inFloat32 = (b: Builder, x: Var, build: (x: Var) => Var): Var =>
  b.convert(build(b.convert(x, 'f32')), x.type.dtype)
