import { type Equation, type Program, regionsOf } from '../ir/program.ts'
import { elementCount } from '../ir/types.ts'

/** More than this in one call is no toy: the reference backend would take minutes for it. */
export const TOY_FLOPS = 2e8

/**
 * Floating-point operations of a program's matrix products, 2 for each multiply and add. A scan counts all
 * its steps, a while one step, a conditional its larger branch.
 */
export const dotFlops = (program: Program): number => sum(program.equations)

const sum = (equations: readonly Equation[]): number => equations.reduce((n, eq) => n + flopsOf(eq), 0)

function flopsOf(eq: Equation): number {
  const inside = regionsOf(eq).map(r => sum(r.equations))
  switch (eq.prim.name) {
    case 'dot_general': {
      const contracted = (eq.params.lhsContract as readonly number[]).map(a => eq.ins[0]!.type.shape[a]!)
      return 2 * elementCount(eq.outs[0]!.type.shape) * elementCount(contracted)
    }
    case 'scan':
      return (eq.params.length as number) * inside[0]!
    case 'while':
      return inside[0]! + inside[1]!
    case 'cond':
      return Math.max(...inside)
    default:
      // The second region of a custom_vjp runs only where reverse mode has put its equations.
      return inside[0] ?? 0
  }
}
