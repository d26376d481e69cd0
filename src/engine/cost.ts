import type { Program } from '../ir/program.ts'
import { elementCount } from '../ir/types.ts'

/** More than this in one call is no toy: the reference backend would take minutes for it. */
export const TOY_FLOPS = 2e8

/** Floating-point operations of a program's matrix products, 2 for each multiply and add. */
export function dotFlops(program: Program): number {
  let total = 0
  for (const eq of program.equations) {
    if (eq.prim.name !== 'dot_general') continue
    const contracted = (eq.params.lhsContract as readonly number[]).map(a => eq.ins[0]!.type.shape[a]!)
    total += 2 * elementCount(eq.outs[0]!.type.shape) * elementCount(contracted)
  }
  return total
}
